import { type Clock, systemClock } from '../../core/clock.ts'
import type { Db } from '../../db/connect.ts'
import { createImapLimits, type ImapLimits } from '../../imap/limits.ts'
import type { ImapSessionOptions } from '../../imap/session.ts'
import type { QueueClient } from '../../queue/boss.ts'
import type { Sealer } from '../../secrets/sealer.ts'
import type { LookOptions } from '../../sending/look.ts'
import type { Logger } from '../../telemetry/log.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import { createSlotShares, type SlotShares } from '../slot-shares.ts'

export interface InboxOptions extends LookOptions {
  /** Mailboxes that one process syncs at a time. */
  slots: number
  /** Of these, one IMAP host may hold at most this part. */
  shareOfSlots: number
  connectionsPerHost: number
  /** After so long a sync gives its slot to the next mailbox. */
  quantumSeconds: number
  /** How long before its enrolment a mailbox is read. */
  firstSyncDays: number
  /** How long an answer that names no message is taken for one to the last email that its writer got. */
  matchDays: number
  connectTimeoutSeconds: number
  silenceTimeoutSeconds: number
}

interface RoomPorts {
  db: Db
  queue: QueueClient
  sealer: Sealer
  log: Logger
  metrics: Metrics
  /** Knows the tokens of warmup. */
  warmupKey: Buffer
}

/** What all syncs of one process share. */
export interface InboxRoom extends RoomPorts {
  options: InboxOptions
  limits: ImapLimits
  shares: SlotShares
  clock: Clock
  random: () => number
}

export function createInboxRoom(ports: RoomPorts, options: InboxOptions): InboxRoom {
  const limits = createImapLimits({ process: options.slots, perHost: options.connectionsPerHost })
  const shares = createSlotShares(() => options.slots, options.shareOfSlots)
  return { ...ports, options, limits, shares, clock: systemClock, random: Math.random }
}

/** For a session with a mailbox's server. */
export function sessionOptions({ limits, options }: InboxRoom, signal: AbortSignal): ImapSessionOptions {
  return {
    limits,
    signal,
    connectTimeoutMs: options.connectTimeoutSeconds * 1000,
    silenceTimeoutMs: options.silenceTimeoutSeconds * 1000,
  }
}
