import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'

/**
 * The senders' emails of these tokens that are not known to be sent, though they were begun. Nothing but the token joins the two
 * sides, which may be of different tenants.
 */
export async function listInDoubt(
  trx: Trx,
  tokens: readonly string[],
): Promise<{ tenantId: string; id: string }[]> {
  const { rows } = await sql<{ tenantId: string; id: string }>`
    select e.tenant_id as "tenantId", e.id
      from warmup_exchanges s
      join emails e on e.tenant_id = s.tenant_id and e.id = s.email_id
     where s.token = any(${tokens}::text[]) and s.side = 'sender'
       and (e.status in ('submitting', 'unknown') or e.status in ('scheduled', 'held') and e.attempt > 0)`.execute(
    trx,
  )
  return rows
}
