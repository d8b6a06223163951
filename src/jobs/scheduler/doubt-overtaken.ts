import type { PlannedEmail } from '../../campaigns/planner-store.ts'
import type { Trx } from '../../db/connect.ts'
import { doubtEmails } from '../../sending/forgotten-claims.ts'
import { listByIds } from '../../sending/forgotten-store.ts'
import { findLastRecovery } from '../../tenants/audit-store.ts'

const dayMs = 86_400_000

/**
 * A follow-up that was due before the last recovery may have been planned and sent already, and that forgotten: the email
 * before it has been found since. It is in doubt like what was due then.
 */
export async function doubtOvertaken(trx: Trx, planned: readonly PlannedEmail[]): Promise<void> {
  // By this machine's clock, wrong as it may be: most follow-ups are due in days, and cost no statement.
  if (!planned.some(({ dueAt }) => dueAt.getTime() < Date.now() + dayMs)) return
  const recoveredAt = await findLastRecovery(trx)
  const overtaken = planned.filter(({ dueAt }) => recoveredAt && dueAt <= recoveredAt)
  if (!recoveredAt || overtaken.length === 0) return
  const reason = `it may have been sent before ${recoveredAt.toISOString()}, which this database had forgotten`
  await doubtEmails(trx, await listByIds(trx, overtaken), reason)
}
