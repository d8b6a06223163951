import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'

/** Pauses campaigns whose leads are not all enrolled: who of the others was written to is forgotten. Returns their names. */
export async function pauseHalfEnrolled(trx: Trx, reason: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    update campaigns set status = 'paused', status_reason = ${reason}, updated_at = now()
     where status = 'active' and enrolled_at is null
    returning campaign_name as name`.execute(trx)
  return rows.map((row) => row.name)
}
