import { type Clock, systemClock } from '../../core/clock.ts'
import type { Db } from '../../db/connect.ts'
import { createImapLimits, type ImapLimits } from '../../imap/limits.ts'
import type { ImapSessionOptions } from '../../imap/session.ts'
import type { Sealer } from '../../secrets/sealer.ts'
import type { Logger } from '../../telemetry/log.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import { createSlotShares, type SlotShares } from '../slot-shares.ts'

export interface WarmupOptions {
  /** Mailboxes that one process looks after at a time. */
  slots: number
  /** Of these, one IMAP host may hold at most this part. */
  shareOfSlots: number
  connectionsPerHost: number
  connectTimeoutSeconds: number
  silenceTimeoutSeconds: number
}

interface WarmupPorts {
  db: Db
  sealer: Sealer
  log: Logger
  metrics: Metrics
  /** Signs the tokens of answers. */
  warmupKey: Buffer
}

/** What all rounds of one process share. */
export interface WarmupRoom extends WarmupPorts {
  options: WarmupOptions
  limits: ImapLimits
  shares: SlotShares
  clock: Clock
  random: () => number
}

export function createWarmupRoom(ports: WarmupPorts, options: WarmupOptions): WarmupRoom {
  const limits = createImapLimits({ process: options.slots, perHost: options.connectionsPerHost })
  const shares = createSlotShares(() => options.slots, options.shareOfSlots)
  return { ...ports, options, limits, shares, clock: systemClock, random: Math.random }
}

/** For a session with a mailbox's server. */
export function roundSession({ limits, options }: WarmupRoom, signal: AbortSignal): ImapSessionOptions {
  return {
    limits,
    signal,
    connectTimeoutMs: options.connectTimeoutSeconds * 1000,
    silenceTimeoutMs: options.silenceTimeoutSeconds * 1000,
  }
}
