import { sql } from 'kysely'
import type { Db } from '../../src/db/connect.ts'

/**
 * Makes of a database one that was restored from a dump of a server that had used up a million more transaction ids than this
 * one, or half as many.
 */
export async function restoreElsewhere(db: Db, transactions: 'more' | 'fewer'): Promise<void> {
  const { rows } = await sql<{ further: number }>`
    select case ${transactions}::text when 'more' then 1000000 else -pg_snapshot_xmin(snapshot)::text::int / 2 end as further
      from analytics_watermark`.execute(db)
  const further = rows[0]?.further ?? 0
  const moved = (id: ReturnType<typeof sql>) => sql`greatest(${id}::text::bigint + ${further}, 3)`
  await db.transaction().execute(async (trx) => {
    await sql`update email_events set xid = ${moved(sql`xid`)}::text::xid8`.execute(trx)
    await sql`
      update analytics_watermark
         set system_identifier = system_identifier + 1,
             snapshot = format('%s:%s:%s', ${moved(sql`pg_snapshot_xmin(snapshot)`)}, ${moved(sql`pg_snapshot_xmax(snapshot)`)},
                               (select string_agg((${moved(sql`open`)})::text, ',' order by open)
                                  from pg_snapshot_xip(snapshot) open))::pg_snapshot`.execute(trx)
  })
}
