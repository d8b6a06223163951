import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'

const batchSize = 5000

/**
 * Ends what a mailbox still expects or has not put away, where no round will: it was removed, or could not be read for so long.
 * A day after a round would have said so. Returns how many.
 */
export async function setOverdueEnded(db: Db): Promise<number> {
  const { rows } = await sql`
    with due as (
      select x.tenant_id, x.id,
             case when a.status = 'removed' then 'the mailbox was removed'
               when x.found_at is null then 'it was not found within a week'
               else 'it could not be put away within two weeks' end as note
        from warmup_exchanges x
        join email_accounts a on a.tenant_id = x.tenant_id and a.id = x.email_account_id
       where x.side = 'receiver' and x.finished_at is null
         and (a.status = 'removed' or x.found_at is null and x.planned_at < now() - interval '8 days'
              or x.found_at < now() - interval '15 days')
       order by x.tenant_id, x.id limit ${batchSize} for no key update of x skip locked
    )
    update warmup_exchanges x set finished_at = now(), note = due.note
      from due where x.tenant_id = due.tenant_id and x.id = due.id
    returning x.id`.execute(db)
  return rows.length
}
