import { insertRefusals } from '../../bounces/refusal-store.ts'
import type { Db, Trx } from '../../db/connect.ts'
import { isPassing, type RetryOptions, untilAnswered } from '../../db/retry.ts'
import { type SettlementInput, settleEmails } from '../../sending/settle-store.ts'
import { refusalsOf } from './refusals.ts'

/** A settlement that the database refuses: the email will lapse to unknown. */
export type OnRefused = (outcome: { id: string }, error: unknown) => void

/**
 * Settles in one transaction; if the database refuses, in halves, so that one row that it cannot take does
 * not hold back the others. `toInput` is asked again at each try: an outcome grows older. Returns the ids
 * that changed.
 */
export async function settleApart<Outcome extends { id: string }>(
  db: Db,
  outcomes: readonly Outcome[],
  toInput: (outcome: Outcome) => SettlementInput,
  onRefused: OnRefused,
  retry: RetryOptions = {},
): Promise<Set<string>> {
  if (outcomes.length === 0) return new Set()
  try {
    const write = () => db.transaction().execute((trx) => settle(trx, outcomes.map(toInput)))
    return await untilAnswered(write, retry)
  } catch (error) {
    if (isPassing(error)) throw error
    if (outcomes.length === 1) {
      for (const outcome of outcomes) onRefused(outcome, error)
      return new Set()
    }
    const half = Math.ceil(outcomes.length / 2)
    const first = await settleApart(db, outcomes.slice(0, half), toInput, onRefused, retry)
    const second = await settleApart(db, outcomes.slice(half), toInput, onRefused, retry)
    return first.union(second)
  }
}

/** A refusal that is not noted together with its settlement would be lost with the process. */
async function settle(trx: Trx, settlements: readonly SettlementInput[]): Promise<Set<string>> {
  const changed = await settleEmails(trx, settlements)
  const refusals = refusalsOf(settlements)
  await insertRefusals(
    trx,
    refusals.filter(({ emailId }) => changed.has(emailId)),
  )
  return changed
}
