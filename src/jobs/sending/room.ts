import { setImmediate } from 'node:timers/promises'
import { type Clock, systemClock } from '../../core/clock.ts'
import { type Coalescer, createCoalescer } from '../../core/coalescer.ts'
import type { Db } from '../../db/connect.ts'
import type { Outage } from '../../db/outage.ts'
import type { Sealer } from '../../secrets/sealer.ts'
import type { ClaimedEmail } from '../../sending/claim-emails.ts'
import type { LaneRef } from '../../sending/lane-state.ts'
import { listNextDue } from '../../sending/lane-store.ts'
import type { RetryPolicy } from '../../sending/settlement.ts'
import type { OutgoingMessage } from '../../smtp/compose.ts'
import type { SubmissionResult } from '../../smtp/submit.ts'
import { createTransports, type Transports } from '../../smtp/transports.ts'
import { findSuppressions } from '../../suppression/store.ts'
import type { Logger } from '../../telemetry/log.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import { createSlotShares, type SlotShares } from '../slot-shares.ts'
import { createClaimer, type LaneClaim, type LaneClaimAnswer, type Moment } from './claimer.ts'
import { createLeases, type Leases } from './leases.ts'
import { createMailboxLoader, type LoadMailbox, type SendingMailbox } from './mailbox.ts'
import { createRenderer } from './render.ts'
import type { SessionLimits } from './session.ts'
import { createSettler, type Settler } from './settler.ts'
import { replaySpool } from './spool.ts'
import { createWindowOpening } from './window-opening.ts'

export interface SendingOptions {
  slots: number
  shareOfSlots: number
  quantumEmails: number
  quantumSeconds: number
  leaseSeconds: number
  leaseMarginSeconds: number
  maxTransports: number
  idleCloseSeconds: number
  connectTimeoutSeconds: number
  replyTimeoutSeconds: number
  coalesceMs: number
  retryBaseSeconds: number
  retryGiveUpHours: number
  spoolDirectory: string
}

/** What all sending sessions of one process share. */
export interface SendingRoom {
  db: Db
  clock: Clock
  log: Logger
  random: () => number
  inFlight: { inc(): void; dec(): void }
  loadMailbox: LoadMailbox
  /** When the lane has work next, due or not. */
  nextDue(lane: LaneRef): Promise<Date | undefined>
  transports: Transports
  claimer: Coalescer<LaneClaim, LaneClaimAnswer>
  settler: Settler
  leases: Leases
  shares: SlotShares
  limits: Omit<SessionLimits, 'connections'>
  retry: RetryPolicy
  renderer: (mailbox: SendingMailbox) => (email: ClaimedEmail) => Promise<OutgoingMessage>
  findSuppression(email: ClaimedEmail): Promise<string | undefined>
  onSettled(email: ClaimedEmail, result: SubmissionResult, claimedAt: Moment): void
  /** After the sessions have ended: the last settlements, then the connections. */
  close(deadlineMs: number): Promise<void>
}

interface RoomPorts {
  db: Db
  log: Logger
  metrics: Metrics
  sealer: Sealer
  /** Said by it, an outage is no error of each claim and settle. */
  outage?: Outage
}

/** Opens the room: first what an earlier process could not settle is settled, then sessions may claim. */
export async function openSendingRoom(ports: RoomPorts, options: SendingOptions): Promise<SendingRoom> {
  const { db, log, metrics, sealer, outage } = ports
  const clock = systemClock
  const onRefused = (outcome: { id: string }, err: unknown) =>
    log.error({ emailId: outcome.id, err }, 'settle.refused')
  const replayed = await replaySpool(db, options.spoolDirectory, clock.now, onRefused)
  if (replayed > 0) log.info({ emails: replayed }, 'spool.replayed')

  const transports = createTransports(transportOptions(options))
  const settler = createSettler(db, { ...settlerOptions(ports, options, clock), onRefused })
  const leases = createLeases(db, {
    clock,
    leaseSeconds: options.leaseSeconds,
    marginSeconds: options.leaseMarginSeconds,
    onError: (err) => outage?.covers(err) || log.warn({ err }, 'leases.unrenewed'),
  })
  return {
    db,
    clock,
    log,
    random: Math.random,
    inFlight: metrics.submissionsInFlight,
    loadMailbox: createMailboxLoader(db, sealer, options.coalesceMs),
    nextDue: createNextDue(db, options.coalesceMs),
    transports,
    settler,
    leases,
    claimer: createClaimer(db, claimerOptions(ports, options, clock)),
    shares: createSlotShares(() => options.slots, options.shareOfSlots),
    limits: {
      quantumEmails: options.quantumEmails,
      quantumMs: options.quantumSeconds * 1000,
      waitInSlotMs: 2000,
    },
    retry: { baseSeconds: options.retryBaseSeconds, giveUpSeconds: options.retryGiveUpHours * 3600 },
    renderer: createRenderer(db),
    async findSuppression(email) {
      const [suppression] = await findSuppressions(db, email.tenantId, email.to.toLowerCase())
      return suppression?.reason
    },
    onSettled(_email, { verdict, timings }, claimedAt) {
      metrics.submitSeconds.observe(timings.totalMs / 1000)
      metrics.emailsSettled.inc({ outcome: outcomeLabel(verdict.kind) })
      metrics.claimToSettledSeconds.observe((clock.monotonicMs() - claimedAt.monotonicMs) / 1000)
    },
    async close(deadlineMs) {
      await closeSettler(deadlineMs)
      await transports.close()
      leases.stop()
      // What was still on the wire: its outcomes are handed over in the turn after this one.
      await setImmediate()
      await closeSettler(deadlineMs)
    },
  }

  async function closeSettler(deadlineMs: number): Promise<void> {
    const { spooled } = await settler.close(deadlineMs)
    if (spooled > 0) log.warn({ emails: spooled, directory: options.spoolDirectory }, 'settlements.spooled')
  }
}

function createNextDue(db: Db, maxWaitMs: number): (lane: LaneRef) => Promise<Date | undefined> {
  const run = (lanes: readonly LaneRef[]) => listNextDue(db, lanes)
  const coalescer = createCoalescer({ maxWaitMs, maxBatch: 1000, run })
  return (lane) => coalescer.add(lane)
}

const outcomeLabels: Record<string, string> = {
  accepted: 'sent',
  not_sent: 'released',
  rejected_permanent: 'failed',
  rejected_transient: 'deferred',
  ambiguous: 'unknown',
}
const outcomeLabel = (kind: string): string => outcomeLabels[kind] ?? kind

function transportOptions(options: SendingOptions) {
  return {
    maxOpen: options.maxTransports,
    idleMs: options.idleCloseSeconds * 1000,
    connectTimeoutMs: options.connectTimeoutSeconds * 1000,
    greetingTimeoutMs: options.connectTimeoutSeconds * 1000,
    replyTimeoutMs: options.replyTimeoutSeconds * 1000,
  }
}

function claimerOptions({ metrics, log, outage }: RoomPorts, options: SendingOptions, clock: Clock) {
  return {
    clock,
    coalesceMs: options.coalesceMs,
    leaseSeconds: options.leaseSeconds,
    windowOpening: createWindowOpening(),
    random: Math.random,
    onBatch(seconds: number, _requests: number, emails: number) {
      metrics.claimSeconds.observe(seconds)
      metrics.claimBatchSize.observe(emails)
      metrics.emailsClaimed.inc(emails)
    },
    onRetry(err: unknown) {
      metrics.databaseErrors.inc()
      if (!outage?.covers(err)) log.warn({ err }, 'claim.retried')
    },
    onRefused(lanes: readonly LaneClaim[], err: unknown) {
      for (const { mailboxId, lane } of lanes) log.error({ mailboxId, lane, err }, 'claim.refused')
    },
  }
}

function settlerOptions({ metrics, log, outage }: RoomPorts, options: SendingOptions, clock: Clock) {
  return {
    clock,
    coalesceMs: options.coalesceMs,
    spoolDirectory: options.spoolDirectory,
    onBatch(seconds: number, emails: number) {
      metrics.settleSeconds.observe(seconds)
      metrics.settleBatchSize.observe(emails)
    },
    onRetry(err: unknown) {
      metrics.databaseErrors.inc()
      if (!outage?.covers(err)) log.warn({ err }, 'settle.retried')
    },
  }
}
