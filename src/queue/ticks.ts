import os from 'node:os'
import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'

const worker = `${os.hostname()}:${process.pid}`

/** Notes that a task of the scheduler ran, for those who ask whether there is one. */
export async function recordTick(db: Db, task: string): Promise<void> {
  await sql`
    insert into scheduler_ticks (task, worker, ticked_at) values (${task}, ${worker}, now())
    on conflict (task) do update set worker = excluded.worker, ticked_at = now()`.execute(db)
}
