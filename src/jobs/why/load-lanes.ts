import { civilDate, startOfNextDay } from '../../core/civil-time.ts'
import type { Db } from '../../db/connect.ts'
import { isSameEpoch } from '../../db/epoch.ts'
import { laneKey, lanePriority } from '../../queue/catalogue.ts'
import { listSchedulerTicks } from '../../queue/health.ts'
import { countRunningLanes, listLaneJobs } from '../../queue/lane-jobs.ts'
import {
  budgetKeys,
  capOfDay,
  daysOf,
  grantFrom,
  type MailboxLimits,
  tenantDayKeys,
  tenantDayReason,
} from '../../sending/budgets.ts'
import type { FleetFacts, LaneFacts } from '../../why/facts.ts'
import { laneId } from '../../why/groups.ts'
import { type BudgetRow, type LoadedLane, listBudgets, listLanes } from '../../why/lane-store.ts'

/** The lanes of these mailboxes as the claim would find them now, by lane id. */
export async function loadLanes(
  db: Db,
  tenantId: string,
  mailboxIds: readonly string[],
): Promise<Map<string, LaneFacts>> {
  const lanes = await listLanes(db, tenantId, [...new Set(mailboxIds)])
  const keys = lanes.flatMap((lane) => [...budgetKeys(limitsOf(lane), lane.now), ...tenantKeys(lane)])
  const [fleet, budgets, jobs, running] = await Promise.all([
    readFleet(db),
    listBudgets(db, [...new Set(keys)]),
    listLaneJobs(
      db,
      lanes.map(({ mailboxId, lane }) => laneKey(mailboxId, lane)),
    ),
    countRunningLanes(db),
  ])
  const byKey = new Map(budgets.map((budget) => [budget.key, budget]))
  return new Map(
    lanes.map((lane) => [
      laneId(lane),
      {
        ...rowsOf(lane),
        fleet,
        budget: budgetOf(lane, byKey),
        job: jobs.get(laneKey(lane.mailboxId, lane.lane)) ?? null,
        runningBeside: running.get(lanePriority[lane.lane]) ?? 0,
      },
    ]),
  )
}

export async function readFleet(db: Db): Promise<FleetFacts> {
  const [last] = await listSchedulerTicks(db)
  return { schedulerSilentSeconds: last?.secondsAgo ?? null, recoveryNeeded: !(await isSameEpoch(db)) }
}

function rowsOf(lane: LoadedLane): Omit<LaneFacts, 'fleet' | 'budget' | 'job' | 'runningBeside'> {
  const { now, blockedCode, blockedReason, blockedUntil, wakeAt } = lane
  const { address, status, statusReason, pausedUntil, guardPaused } = lane
  return {
    now,
    tenant: { id: lane.tenantId, name: lane.tenantName, status: lane.tenantStatus },
    mailbox: { id: lane.mailboxId, address, status, statusReason, pausedUntil, guardPaused },
    lane: lane.lane,
    blockedCode,
    blockedReason,
    blockedUntil,
    host: { name: lane.hostName, openedUntil: lane.openedUntil, lastFailure: lane.lastFailure },
    wakeAt,
  }
}

function limitsOf(lane: LoadedLane): MailboxLimits {
  const { mailboxId, timezone, dailyLimit, rollingLimit, hourlyLimit, minGapSeconds, gapJitter, ramp } = lane
  return { mailboxId, timezone, dailyLimit, rollingLimit, hourlyLimit, minGapSeconds, gapJitter, ramp }
}

// A budget without a row has not been taken from yet.
function budgetOf(lane: LoadedLane, byKey: ReadonlyMap<string, BudgetRow>): LaneFacts['budget'] {
  const limits = limitsOf(lane)
  const rows = budgetKeys(limits, lane.now).map(
    (key): BudgetRow => byKey.get(key) ?? { key, used: 0, buckets: [], bucketAt: null, readyAt: null },
  )
  const locked = new Map(rows.map((row) => [row.key, row]))
  const nextDay = () => startOfNextDay(lane.now, lane.timezone)
  const { block } = grantFrom(locked, limits, 1, lane.now, nextDay)
  const withoutGap = { ...limits, minGapSeconds: 0 }
  const { count } = grantFrom(locked, withoutGap, lane.dailyLimit, lane.now, nextDay)
  const { cap } = capOfDay(limits, civilDate(lane.now, lane.timezone))
  const ofTenant = leftOfTenant(lane, byKey)
  return {
    daily: cap,
    left: Math.min(count, ofTenant),
    block: block ?? (ofTenant === 0 ? tenantBlock(lane) : null),
  }
}

const tenantKeys = ({ tenantId, tenantTimezone, now }: LoadedLane): string[] =>
  daysOf(now, tenantTimezone).flatMap((day) => tenantDayKeys(tenantId, day))

// Of all rows of its day together: a claim that meets an empty one takes from another.
function leftOfTenant(lane: LoadedLane, byKey: ReadonlyMap<string, BudgetRow>): number {
  const { tenantId, tenantTimezone, tenantDailyLimit: limit, now } = lane
  if (limit === null) return Number.POSITIVE_INFINITY
  const used = daysOf(now, tenantTimezone).map((day) =>
    tenantDayKeys(tenantId, day).reduce((total, key) => total + (byKey.get(key)?.used ?? 0), 0),
  )
  return Math.max(0, limit - Math.max(...used))
}

function tenantBlock({ tenantTimezone: zone, tenantDailyLimit: limit, now }: LoadedLane) {
  return {
    code: 'tenant_daily_limit',
    reason: tenantDayReason(limit ?? 0, zone),
    until: startOfNextDay(now, zone),
  }
}
