import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededFraction, seededHash } from '../../src/core/seeded.ts'
import { eventually } from '../support/eventually.ts'
import { startFaultyDatabase } from './database.ts'
import { type Fault, type FaultPorts, faults } from './faults.ts'
import { type Fleet, startFleet } from './fleet.ts'
import { type Backlog, readBacklog, readLedger } from './ledger.ts'
import { type Load, prepareLoad, serverCount, tenantCount } from './load.ts'
import { startReceiver } from './receiver.ts'
import { countBy, judge, type Verdict } from './verdict.ts'

export interface FaultRunOptions {
  seed: number
  seconds: number
  /** Mean time from one fault to the next. */
  everyMs: number
  /** Emails a second that are asked for. */
  rate: number
  leadsPerWave: number
  mailboxesPerTenant: number
  mailboxesOfHangingHost: number
  emailsPerCappedMailbox: number
  /** Longest the fleet may take to come to rest after the last fault. */
  drainSeconds: number
  /** Of the workers, beyond the harness's own. */
  settings?: Readonly<Record<string, string>>
  onProgress?: (line: string) => void
  /** Ends the run and all that it started. */
  signal?: AbortSignal
}

interface Injected {
  kind: string
  did: string
  /** SMTP connections that were open at that moment. */
  open: number
}

export interface FaultRunResult {
  seed: number
  seconds: number
  faults: Record<string, number>
  injected: number
  /** What the provider did to single sessions. */
  sessions: Record<string, number>
  verdict: Verdict
  /** The most emails that the faults could leave in doubt: connections open at each, and answers withheld. */
  atRisk: number
  restedAfterSeconds: number | undefined
  rest: Backlog
  /** Processes that ended by themselves with an exit code other than 0. */
  failures: Record<string, number>
  problems: string[]
  logs: string | undefined
}

const processes = ['scheduler', 'scheduler', 'sending', 'sending', 'inbox', 'bounce'] as const

/** A fleet of real processes under load, with faults drawn from the seed; then it comes to rest, and both sides are counted. */
export async function runFaults(options: FaultRunOptions): Promise<FaultRunResult> {
  const receiver = await startReceiver(serverCount)
  const database = await startFaultyDatabase()
  const load = await prepareLoad(database.db, receiver, options)
  const fleet = await startFleet(database.url, processes, options.settings)
  const ports = { fleet, database, receiver, random: () => 0 }
  let keep = true
  try {
    const injected = await unlessEnded(options.signal, underFire(ports, load, options))
    options.onProgress?.('no more faults: the fleet comes to rest')
    const rested = await unlessEnded(options.signal, comeToRest(ports, options))
    const state = await receiver.readState()
    const verdict = judge(await readLedger(database.db), await receiver.listAccepted(), load.caps)
    const atRisk = injected.reduce((sum, { open }) => sum + open, state.withheld)
    const problems = [...verdict.duplicates, ...verdict.lost, ...verdict.overCap, ...doubts(verdict, atRisk)]
    const failures = failuresOf(fleet)
    keep = problems.length > 0 || Object.keys(failures).some((failure) => failure.endsWith(' 1'))
    return {
      seed: options.seed,
      seconds: options.seconds,
      faults: countBy(injected, ({ kind }) => kind),
      injected: injected.length,
      sessions: state.met,
      verdict,
      atRisk,
      ...rested,
      failures,
      problems,
      logs: keep ? fleet.home : undefined,
    }
  } finally {
    await fleet.close({ keep })
    await database.close()
    await receiver.stop()
  }
}

function unlessEnded<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work
  return Promise.race([
    work,
    once(signal, 'abort').then(() => Promise.reject(new Error('the run was ended from outside'))),
  ])
}

async function underFire(ports: FaultPorts, load: Load, options: FaultRunOptions): Promise<Injected[]> {
  const { seed, seconds, everyMs } = options
  // The first campaign goes out undisturbed: faults are for a fleet at work.
  await load.launchWave(options.leadsPerWave)
  await eventually(async () => (await ports.receiver.readState()).open >= tenantCount, { timeoutMs: 60_000 })
  const startedMs = performance.now()
  const elapsed = () => (performance.now() - startedMs) / 1000
  const injected: Injected[] = []
  const busy = new Map<string, Promise<void>>()
  const stopped = new AbortController()
  const feeding = feed(load, options, elapsed, stopped.signal)
  const deck = dealer(seed)

  async function inject(fault: Fault, n: number): Promise<void> {
    let draw = 0
    const random = () => seededFraction(seed, 'detail', n, draw++)
    const { open } = await ports.receiver.readState()
    const entry = { kind: fault.kind, did: '', open }
    injected.push(entry)
    // Faults that need the database may find it away.
    entry.did = await fault.inject({ ...ports, random }).catch((error) => `cut short: ${error}`)
    options.onProgress?.(`${elapsed().toFixed(1)} s: ${fault.kind}: ${entry.did}`)
  }

  for (let n = 0; elapsed() < seconds; n += 1) {
    await sleep(-Math.log(1 - seededFraction(seed, 'pause', n)) * everyMs)
    const fault = deck((resource) => !busy.has(resource))
    if (!fault) continue
    busy.set(
      fault.resource,
      inject(fault, n).finally(() => busy.delete(fault.resource)),
    )
    if (n % 10 === 0) await report(ports, load, options, elapsed())
  }
  await Promise.all(busy.values())
  stopped.abort()
  await feeding
  return injected
}

/** Deals kinds of fault in an order that only the seed decides; one whose resource is busy is put back for the next turn. */
function dealer(seed: number): (free: (resource: string) => boolean) => Fault | undefined {
  const cards = faults.flatMap((fault) => new Array<Fault>(fault.cards).fill(fault))
  let round = 0
  let deck: Fault[] = []
  return (free) => {
    if (deck.length === 0) {
      round += 1
      const place = (n: number) => seededHash(seed, 'deck', round, n)
      deck = cards
        .map((fault, n) => ({ fault, at: place(n) }))
        .sort((a, b) => a.at - b.at)
        .map(({ fault }) => fault)
    }
    const next = deck.findIndex(({ resource }) => free(resource))
    return next < 0 ? undefined : deck.splice(next, 1)[0]
  }
}

/** Launches campaigns as fast as emails are to be asked for; while the database is away, it waits. */
async function feed(
  load: Load,
  { rate, leadsPerWave }: FaultRunOptions,
  elapsed: () => number,
  signal: AbortSignal,
): Promise<void> {
  const before = load.asked
  while (!signal.aborted) {
    const behind = load.asked - before < rate * (elapsed() + 10)
    if (behind) await load.launchWave(leadsPerWave).catch(() => sleep(500))
    else await sleep(200)
  }
}

async function report({ database, receiver }: FaultPorts, load: Load, options: FaultRunOptions, at: number) {
  const backlog = await readBacklog(database.db).catch(() => undefined)
  const { accepted, open } = await receiver.readState()
  options.onProgress?.(
    `${at.toFixed(1)} s: ${load.asked} emails asked for, ${accepted} accepted, ${open} connections, ` +
      (backlog ? JSON.stringify(backlog) : 'database away'),
  )
}

async function comeToRest({ fleet, database }: FaultPorts, options: FaultRunOptions) {
  const startedMs = performance.now()
  const elapsed = () => (performance.now() - startedMs) / 1000
  for (const name of new Set(processes))
    for (const member of fleet.members(name)) {
      member.signal('SIGCONT')
      member.raise()
    }
  let rest = await readBacklog(database.db)
  while (elapsed() < options.drainSeconds) {
    rest = await readBacklog(database.db)
    const { due, submitting, doubtful, unplanned } = rest
    if (due + submitting + doubtful + unplanned === 0) return { restedAfterSeconds: elapsed(), rest }
    options.onProgress?.(`at rest? ${JSON.stringify(rest)}`)
    await sleep(500)
  }
  return { restedAfterSeconds: undefined, rest }
}

/** What the promises say of emails in doubt: no more than were on the wire, and resolved where Sent can tell. */
function doubts({ unknown }: Verdict, atRisk: number): string[] {
  const problems: string[] = []
  if (unknown.ever > atRisk) problems.push(`${unknown.ever} emails were in doubt, but only ${atRisk} at risk`)
  if (unknown.missed > unknown.ever / 100)
    problems.push(`${unknown.missed} of ${unknown.ever} emails in doubt lie in Sent, and were not found`)
  return problems
}

/** By process and exit code. */
function failuresOf(fleet: Fleet): Record<string, number> {
  const members = [...new Set(processes)].flatMap((name) => fleet.members(name))
  return countBy(
    members.flatMap(({ name, failures }) => failures.map((code) => `${name} ${code}`)),
    (failure) => failure,
  )
}
