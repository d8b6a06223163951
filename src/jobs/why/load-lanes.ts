import { civilDate, startOfNextDay } from '../../core/civil-time.ts'
import type { Db } from '../../db/connect.ts'
import { isSameEpoch } from '../../db/epoch.ts'
import { laneKey, lanePriority } from '../../queue/catalogue.ts'
import { listSchedulerTicks } from '../../queue/health.ts'
import { countRunningLanes, listLaneJobs } from '../../queue/lane-jobs.ts'
import { budgetKeys, capOfDay, grantFrom, type MailboxLimits } from '../../sending/budgets.ts'
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
  const keys = lanes.flatMap((lane) => budgetKeys(limitsOf(lane), lane.now))
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
  return { daily: cap, left: count, block: block ?? null }
}
