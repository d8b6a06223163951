import type { Clock } from '../../core/clock.ts'
import { createCoalescer } from '../../core/coalescer.ts'
import type { Db } from '../../db/connect.ts'
import type { SettlementInput } from '../../sending/settle-store.ts'
import { type OnRefused, settleApart } from './settle-apart.ts'
import { type Outcome, spoolOutcomes } from './spool.ts'

export interface SettlerOptions {
  coalesceMs: number
  clock: Clock
  /** Where outcomes are kept that the database could not take before the process ended. */
  spoolDirectory: string
  onBatch?: (seconds: number, emails: number) => void
  onRetry?: (error: unknown) => void
  onRefused: OnRefused
}

export interface Settler {
  /** Resolves when the outcome is committed; true if it changed the row. */
  settle(outcome: Outcome): Promise<boolean>
  readonly pending: number
  /**
   * Waits for what is pending, at most `deadlineMs`; what the database has not taken by then is spooled, and nothing
   * waits for it any more. May be called again for what comes in later.
   */
  close(deadlineMs: number): Promise<{ spooled: number }>
}

export function createSettler(db: Db, options: SettlerOptions): Settler {
  const unsettled = new Set<Outcome>()
  const closing = new AbortController()

  const toInput = (outcome: Outcome): SettlementInput => ({
    ...outcome,
    agoMs: options.clock.monotonicMs() - outcome.monotonicMs,
  })

  const retry = { signal: closing.signal, ...(options.onRetry ? { onRetry: options.onRetry } : {}) }

  async function run(batch: readonly Outcome[]): Promise<boolean[]> {
    const started = options.clock.monotonicMs()
    const changed = await settleApart(db, batch, toInput, options.onRefused, retry)
    for (const outcome of batch) unsettled.delete(outcome)
    options.onBatch?.((options.clock.monotonicMs() - started) / 1000, batch.length)
    return batch.map((outcome) => changed.has(outcome.id))
  }

  const coalescer = createCoalescer<Outcome, boolean>({ maxWaitMs: options.coalesceMs, maxBatch: 1000, run })
  return {
    settle(outcome) {
      unsettled.add(outcome)
      return coalescer.add(outcome)
    },
    get pending() {
      return coalescer.pending
    },
    async close(deadlineMs) {
      const deadline = new Promise((resolve) => setTimeout(resolve, deadlineMs).unref())
      await Promise.race([coalescer.idle(), deadline])
      const rest = [...unsettled]
      if (rest.length > 0) await spoolOutcomes(options.spoolDirectory, options.clock, rest)
      for (const outcome of rest) unsettled.delete(outcome)
      closing.abort()
      return { spooled: rest.length }
    },
  }
}
