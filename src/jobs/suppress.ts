import type { Trx } from '../db/connect.ts'
import { skipEmails } from '../sending/skip-store.ts'
import { lockOpenEmails, setSequencesStopped } from '../suppression/open-emails-store.ts'
import { insertSuppressions, type NewSuppression } from '../suppression/store.ts'

const batchSize = 5000

/**
 * Suppresses, and ends what was still to go to these addresses, in the caller's transaction; emails to suppressed
 * domains are skipped when they fall due. `tenantId` null: for every tenant.
 */
export async function suppress(
  trx: Trx,
  tenantId: string | null,
  wanted: readonly NewSuppression[],
): Promise<{ added: number; skipped: number }> {
  // One of an old list whose time is up forbids nothing.
  const now = Date.now()
  const suppressions = wanted.filter(({ expiresAt }) => !expiresAt || expiresAt.getTime() > now)
  const reasons = new Map(
    suppressions.flatMap(({ scope, value, reason }) => (scope === 'address' ? [[value, words(reason)]] : [])),
  )
  const skipped = reasons.size > 0 ? await endOpenWork(trx, tenantId, reasons) : 0
  return { added: await insertSuppressions(trx, tenantId, suppressions), skipped }
}

const words = (reason: string): string => `the recipient is suppressed: ${reason}`

async function endOpenWork(
  trx: Trx,
  tenantId: string | null,
  reasons: ReadonlyMap<string, string>,
): Promise<number> {
  let skipped = 0
  for (;;) {
    const open = await lockOpenEmails(trx, tenantId, [...reasons.keys()], batchSize)
    skipped += await skipEmails(
      trx,
      open.map((email) => ({ ...email, code: 'suppressed', reason: reasons.get(email.to) ?? '' })),
    )
    if (open.length < batchSize) break
  }
  await setSequencesStopped(
    trx,
    tenantId,
    [...reasons].map(([address, reason]) => ({ address, reason })),
  )
  return skipped
}
