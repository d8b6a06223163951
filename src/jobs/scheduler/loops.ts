import { setTimeout as sleep } from 'node:timers/promises'
import { holdPausedEmails, releaseHeldEmails, setCompletedCampaigns } from '../../campaigns/store.ts'
import type { Db } from '../../db/connect.ts'
import type { Outage } from '../../db/outage.ts'
import type { QueueClient } from '../../queue/boss.ts'
import { recordTick } from '../../queue/ticks.ts'
import { insertWakes } from '../../sending/lane-store.ts'
import type { Logger } from '../../telemetry/log.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import { actOnRefusals } from '../bounces/act-on-refusals.ts'
import { handOnLate } from '../remove-mailbox.ts'
import { planWarmupDays } from '../warmup/plan-day.ts'
import { drainWakes } from './drain-wakes.ts'
import { enrolNextLeads } from './enrol-leads.ts'
import { createDomainLookups, createMxResolver } from './look-up-domains.ts'
import { planFollowUps } from './plan-follow-ups.ts'
import { planLooks } from './plan-looks.ts'
import { planRounds } from './plan-rounds.ts'
import { planSyncs } from './plan-syncs.ts'
import { sweepLanes, sweepLeases, sweepReports } from './sweep.ts'

export interface SchedulerPorts {
  db: Db
  queue: QueueClient
  log: Logger
  metrics: Metrics
  /** Signs the tokens of warmup. */
  warmupKey: Buffer
  /** Said by it, an outage is no error of each task. */
  outage?: Outage
}

export interface SchedulerIntervals {
  drainerMs: number
  plannerMs: number
  syncMs: number
  sweepSeconds: number
  leaseSweepSeconds: number
  warmupMs: number
  /** Days in which a pair of warmup mailboxes meets once. */
  warmupRestDays: number
  /** From when an email became unknown to each look for it. */
  looksSeconds: readonly number[]
}

const tickNoteMs = 5000
const domainLookupMs = 30_000

/** Returns true when there is more of the same to do at once. */
type Task = () => Promise<boolean>

/** The scheduler's work. Any number may run: each task locks what it works on, so one works and the others pass. */
export function startSchedulerLoops(ports: SchedulerPorts, intervals: SchedulerIntervals) {
  const stopping = new AbortController()
  const notedAt = new Map<string, number>()
  const lookUpDomains = createDomainLookups(ports.db, createMxResolver(stopping.signal))
  const loops = [
    loop('drainer', intervals.drainerMs, () => drain(ports)),
    loop('planner', intervals.plannerMs, () => plan(ports)),
    loop('holds', intervals.plannerMs * 4, () => settleHolds(ports)),
    loop('syncs', intervals.syncMs, () => sync(ports)),
    loop('rounds', intervals.syncMs, () => rounds(ports)),
    loop('refusals', intervals.syncMs, () => refusals(ports)),
    loop('looks', intervals.syncMs, () => look(ports, intervals.looksSeconds)),
    loop('domains', domainLookupMs, async () => (await lookUpDomains()).more),
    loop('warmup', intervals.warmupMs, () => planWarmup(ports, intervals.warmupRestDays)),
    loop('leases', intervals.leaseSweepSeconds * 1000, () => expire(ports)),
    loop('sweep', intervals.sweepSeconds * 1000, () => sweep(ports)),
  ]

  async function loop(name: string, intervalMs: number, task: Task): Promise<void> {
    while (!stopping.signal.aborted) {
      const more = await tick(name, task)
      if (!more) await sleep(intervalMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  // A row every few seconds is enough for those who ask whether there is a scheduler.
  async function noteTick(name: string): Promise<void> {
    if (performance.now() - (notedAt.get(name) ?? Number.NEGATIVE_INFINITY) < tickNoteMs) return
    notedAt.set(name, performance.now())
    await recordTick(ports.db, name)
  }

  async function tick(name: string, task: Task): Promise<boolean> {
    try {
      const more = await task()
      ports.outage?.answered()
      ports.metrics.schedulerLastTick.set({ task: name }, Date.now() / 1000)
      await noteTick(name)
      return more
    } catch (err) {
      ports.metrics.databaseErrors.inc()
      if (!ports.outage?.covers(err)) ports.log.error({ err, task: name }, 'scheduler.failed')
      return false
    }
  }

  return {
    async stop(): Promise<void> {
      stopping.abort()
      await Promise.all(loops)
    },
  }
}

async function drain({ db, queue, metrics }: SchedulerPorts): Promise<boolean> {
  const { lanes, more } = await drainWakes(db, queue)
  metrics.laneWakesDrained.inc(lanes)
  return more
}

async function plan({ db, metrics, log }: SchedulerPorts): Promise<boolean> {
  const enrolled = await enrolNextLeads(db)
  const followUps = await planFollowUps(db)
  metrics.planned.inc((enrolled ?? 0) + followUps.planned)
  if (enrolled || followUps.planned)
    log.info({ enrolled: enrolled ?? 0, followUps: followUps.planned }, 'emails.planned')
  for (const campaignId of followUps.leads === 0 ? await setCompletedCampaigns(db) : []) {
    log.info({ campaignId }, 'campaign.completed')
  }
  return enrolled !== undefined || followUps.leads > 0
}

const holdBatch = 5000

async function settleHolds({ db }: SchedulerPorts): Promise<boolean> {
  const held = await db.transaction().execute((trx) => holdPausedEmails(trx, holdBatch))
  const released = await db.transaction().execute(async (trx) => {
    const lanes = await releaseHeldEmails(trx, holdBatch)
    await insertWakes(trx, lanes)
    return lanes.length
  })
  return held === holdBatch || released > 0
}

async function sync({ db, queue }: SchedulerPorts): Promise<boolean> {
  const { more } = await planSyncs(db, queue)
  return more
}

async function rounds({ db, queue }: SchedulerPorts): Promise<boolean> {
  const { more } = await planRounds(db, queue)
  return more
}

async function refusals({ db }: SchedulerPorts): Promise<boolean> {
  const { more } = await actOnRefusals(db)
  return more
}

async function look({ db, queue }: SchedulerPorts, looksSeconds: readonly number[]): Promise<boolean> {
  const { more } = await planLooks(db, queue, looksSeconds)
  return more
}

async function planWarmup({ db, log, warmupKey }: SchedulerPorts, restDays: number): Promise<boolean> {
  const { planned, more } = await planWarmupDays(db, { key: warmupKey, restDays })
  if (planned > 0) log.info({ emails: planned }, 'warmup.planned')
  return more
}

async function expire({ db, log }: SchedulerPorts): Promise<boolean> {
  const expired = await sweepLeases(db)
  if (expired > 0) log.warn({ emails: expired }, 'leases.lapsed')
  return expired >= 1000
}

async function sweep({ db, queue, log, metrics }: SchedulerPorts): Promise<boolean> {
  await handOnLate(db)
  const lanes = await sweepLanes(db, queue)
  metrics.sweepRepairs.inc({ kind: 'lane' }, lanes)
  if (lanes > 0) log.warn({ lanes }, 'lanes.repaired')
  const reports = await sweepReports(db, queue)
  metrics.sweepRepairs.inc({ kind: 'report' }, reports)
  if (reports > 0) log.warn({ reports }, 'reports.repaired')
  return false
}
