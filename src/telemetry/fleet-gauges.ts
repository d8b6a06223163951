import { Gauge } from 'prom-client'
import type { Metrics } from './metrics.ts'

/** What only the database knows: the same from every process, so one process of a fleet exports it. */
export interface FleetState {
  /** Jobs of each queue by state (`queued`, `running`, `failed`). */
  jobs: readonly { queue: string; state: string; count: number }[]
  /** Scheduled emails whose time has come. */
  dueEmails: number
  /** How long the oldest of them has been due; 0 when none is. */
  oldestDueSeconds: number
  /** Emails whose outcome is not known: still looked for, or waiting for an operator. */
  unknownEmails: { lookedFor: number; parked: number }
  /** For how long the oldest of them has been in doubt; 0 when none is. */
  oldestUnknownSeconds: number
  /** What operators were told of and nobody has resolved, by severity. */
  openNotifications: readonly { severity: string; count: number }[]
  warmup: {
    /** Mailboxes that take part, by their state and their health. */
    mailboxes: readonly { status: string; health: string; count: number }[]
    /** Warmup emails that were found within the last seven days, by the provider of those who got them. */
    placement: readonly { provider: string; inbox: number; junk: number }[]
    /** Messages of the last seven days whose token was not believed, by the reason. */
    rejects: readonly { reason: string; count: number }[]
  }
}

/** How gauges are filled from the database. */
export interface StateReading<State> {
  /** Rejects when the database cannot answer. */
  readState: () => Promise<State>
  /** A state younger than this is shown again. */
  maxAgeMs?: number
  /** A database that takes longer costs the scrape these gauges, never the scrape. */
  timeoutMs?: number
}

/** Adds gauges that the database fills at each scrape; while it cannot, they are absent rather than old. */
export function addFleetGauges(metrics: Metrics, reading: StateReading<FleetState>): void {
  const latestState = remember(reading, () => metrics.databaseErrors.inc())
  const add = (name: string, help: string, labelNames: string[], fill: Fill) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [metrics.registry],
      async collect() {
        const state = await latestState()
        this.reset()
        this.remove({})
        if (state) fill(this, state)
      },
    })
  add('rookery_queue_jobs', 'Jobs by queue and state.', ['queue', 'state'], (gauge, { jobs }) => {
    for (const { queue, state, count } of jobs) gauge.set({ queue, state }, count)
  })
  add('rookery_emails_due', 'Scheduled emails whose time has come.', [], (gauge, state) =>
    gauge.set(state.dueEmails),
  )
  add('rookery_oldest_due_seconds', 'How long the oldest due email has waited.', [], (gauge, state) =>
    gauge.set(state.oldestDueSeconds),
  )
  const unknownHelp = 'Emails whose outcome is not known, by what is done about them.'
  add('rookery_emails_unknown', unknownHelp, ['state'], (gauge, { unknownEmails }) => {
    gauge.set({ state: 'looked_for' }, unknownEmails.lookedFor)
    gauge.set({ state: 'parked' }, unknownEmails.parked)
  })
  const oldestHelp = 'How long the oldest email of unknown outcome has been in doubt.'
  add('rookery_oldest_unknown_seconds', oldestHelp, [], (gauge, state) =>
    gauge.set(state.oldestUnknownSeconds),
  )
  const openHelp = 'Notifications that nobody has resolved.'
  add('rookery_notifications_open', openHelp, ['severity'], (gauge, { openNotifications }) => {
    for (const severity of ['info', 'warning', 'critical']) gauge.set({ severity }, 0)
    for (const { severity, count } of openNotifications) gauge.set({ severity }, count)
  })
  const mailboxesHelp = 'Mailboxes that take part in warmup, by state and health.'
  add('rookery_warmup_mailboxes', mailboxesHelp, ['status', 'health'], (gauge, { warmup }) => {
    for (const { status, health, count } of warmup.mailboxes) gauge.set({ status, health }, count)
  })
  const placementHelp = 'Warmup emails of the last seven days, by where their receivers found them.'
  add('rookery_warmup_placement', placementHelp, ['provider', 'placement'], (gauge, { warmup }) => {
    for (const { provider, inbox, junk } of warmup.placement) {
      gauge.set({ provider, placement: 'inbox' }, inbox)
      gauge.set({ provider, placement: 'junk' }, junk)
    }
  })
  const rejectsHelp = 'Messages of the last seven days whose warmup token was not believed.'
  add('rookery_warmup_rejects', rejectsHelp, ['reason'], (gauge, { warmup }) => {
    for (const reason of ['forged', 'misdirected', 'replayed']) gauge.set({ reason }, 0)
    for (const { reason, count } of warmup.rejects) gauge.set({ reason }, count)
  })
}

type Fill = (gauge: Gauge, state: FleetState) => void

/** One reading for all gauges of a scrape, and for scrapes close together; undefined where the database does not answer. */
export function remember<State>(reading: StateReading<State>, onFailure: () => void) {
  const { readState, maxAgeMs = 2_000, timeoutMs = 3_000 } = reading
  let latest: Promise<State | undefined> | undefined
  let staleAtMs = Number.POSITIVE_INFINITY
  const failed = () => {
    onFailure()
    return undefined
  }
  return () => {
    if (latest && performance.now() < staleAtMs) return latest
    staleAtMs = Number.POSITIVE_INFINITY
    latest = within(timeoutMs, readState)
      .catch(failed)
      .finally(() => {
        staleAtMs = performance.now() + maxAgeMs
      })
    return latest
  }
}

function within<T>(timeoutMs: number, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`No answer within ${timeoutMs} ms.`)), timeoutMs)
    work()
      .then(resolve, reject)
      .finally(() => clearTimeout(timer))
  })
}
