import { promises as fs } from 'node:fs'
import path from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { createCoalescer } from '../../core/coalescer.ts'
import { newId } from '../../core/ids.ts'
import type { Db } from '../../db/connect.ts'
import { isConnectionError, isTransientConflict, untilAnswered } from '../../db/retry.ts'
import { type SettlementInput, settleEmails } from '../../sending/settle-store.ts'

/** A settlement with the moment its outcome was known instead of its age. */
export type Outcome = Omit<SettlementInput, 'agoMs'> & { monotonicMs: number }

export interface SettlerOptions {
  coalesceMs: number
  clock: Clock
  /** Where outcomes are kept that the database could not take before the process ended. */
  spoolDirectory: string
  onBatch?: (seconds: number, emails: number) => void
  onRetry?: (error: unknown) => void
  /** A settlement that the database refuses: the email will lapse to unknown. */
  onRefused: (outcome: Outcome, error: unknown) => void
}

export interface Settler {
  /** Resolves when the outcome is committed; true if it changed the row. */
  settle(outcome: Outcome): Promise<boolean>
  readonly pending: number
  /** Waits for what is pending, at most `deadlineMs`; what the database has not taken by then is spooled. */
  close(deadlineMs: number): Promise<{ spooled: number }>
}

export function createSettler(db: Db, options: SettlerOptions): Settler {
  const unsettled = new Set<Outcome>()
  const closing = new AbortController()

  const toInput = (outcome: Outcome): SettlementInput => ({
    ...outcome,
    agoMs: options.clock.monotonicMs() - outcome.monotonicMs,
  })

  const write = (batch: readonly Outcome[]) =>
    untilAnswered(() => db.transaction().execute((trx) => settleEmails(trx, batch.map(toInput))), {
      signal: closing.signal,
      ...(options.onRetry ? { onRetry: options.onRetry } : {}),
    })

  async function run(batch: readonly Outcome[]): Promise<boolean[]> {
    const started = options.clock.monotonicMs()
    const changed = await writeOrSplit(batch)
    for (const outcome of batch) unsettled.delete(outcome)
    options.onBatch?.((options.clock.monotonicMs() - started) / 1000, batch.length)
    return batch.map((outcome) => changed.has(outcome.id))
  }

  // One row that the database refuses must not hold back the others.
  async function writeOrSplit(batch: readonly Outcome[]): Promise<Set<string>> {
    try {
      return await write(batch)
    } catch (error) {
      if (isConnectionError(error) || isTransientConflict(error)) throw error
      if (batch.length > 1) {
        const parts = [batch.slice(0, batch.length / 2), batch.slice(batch.length / 2)]
        const halves = [await writeOrSplit(parts[0] ?? []), await writeOrSplit(parts[1] ?? [])]
        return new Set(halves.flatMap((half) => [...half]))
      }
      for (const outcome of batch) options.onRefused(outcome, error)
      return new Set()
    }
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
      if (rest.length > 0) await spool(options, rest)
      closing.abort()
      return { spooled: rest.length }
    },
  }
}

async function spool({ spoolDirectory, clock }: SettlerOptions, outcomes: readonly Outcome[]): Promise<void> {
  const offset = clock.now().getTime() - clock.monotonicMs()
  const lines = outcomes.map((outcome) =>
    JSON.stringify({ ...outcome, wallMs: offset + outcome.monotonicMs }),
  )
  await fs.mkdir(spoolDirectory, { recursive: true, mode: 0o700 })
  const file = path.join(spoolDirectory, `settlements-${newId()}.jsonl`)
  await fs.writeFile(`${file}.part`, `${lines.join('\n')}\n`, { mode: 0o600, flush: true })
  await fs.rename(`${file}.part`, file)
}

/** Settles what earlier processes of this machine could not; returns how many. A file is removed once committed. */
export async function replaySpool(db: Db, spoolDirectory: string, now: () => Date): Promise<number> {
  const files = await fs.readdir(spoolDirectory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  let settled = 0
  for (const name of files.filter((file) => file.endsWith('.jsonl'))) {
    const file = path.join(spoolDirectory, name)
    const lines = (await fs.readFile(file, 'utf8')).split('\n').filter((line) => line !== '')
    const outcomes = lines.map((line) => JSON.parse(line) as SettlementInput & { wallMs: number })
    const inputs = outcomes.map((outcome) => ({ ...outcome, agoMs: now().getTime() - outcome.wallMs }))
    await untilAnswered(() => db.transaction().execute((trx) => settleEmails(trx, inputs)))
    await fs.rm(file)
    settled += inputs.length
  }
  return settled
}
