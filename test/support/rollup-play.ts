import { sql } from 'kysely'
import { lockRollup, setSealed } from '../../src/analytics/watermark-store.ts'
import type { Db } from '../../src/db/connect.ts'
import { listPartitionsBefore } from '../../src/db/old-partitions.ts'
import { ensureEventPartitions } from '../../src/db/partitions.ts'
import { audit, rebuild, rollUp } from '../../src/jobs/analytics/roll-up.ts'
import { deleteOfTenant, dropMonth } from '../../src/jobs/maintenance/old-events.ts'
import { eventually } from './eventually.ts'
import { restoreElsewhere } from './restored-dump.ts'
import type { Action, ActionOf } from './rollup-actions.ts'
import { classOf, dayAt, end, endAll, hourMs, see, tell, type World } from './rollup-world.ts'
import { openTransaction } from './two-connections.ts'

export async function act(world: World, action: Action): Promise<void> {
  const { db } = world
  if (action.what === 'tell') await tell(world, action)
  else if (action.what === 'end') await end(world, action.writer, action.kept)
  else if (action.what === 'wait') world.now = new Date(world.now.getTime() + action.hours * hourMs)
  else if (action.what === 'pass') await pass(world, action)
  else if (action.what === 'seal') await seal(world, action)
  else if (action.what === 'drop') await dropMonths(world)
  else if (action.what === 'forget') await forgetWeeks(world)
  else if (action.what === 'move') moveEmail(world, action.email)
  else if (action.what === 'zone') await setZone(world, action.hoursAhead)
  else if (action.what === 'restore') await restore(world, action.transactions)
  else if (action.what === 'month') await makeMonths(world, action.at)
  else
    await db
      .deleteFrom('campaigns')
      .where('id', '=', world.campaignIds[action.campaign] ?? '')
      .execute()
}

async function pass(world: World, { how, at, writer }: ActionOf<'pass'>): Promise<void> {
  const { db } = world
  const committed = world.kept.length
  if (how === 'alone') await rollUp(db)
  else if (how === 'twice') await Promise.all([rollUp(db), rollUp(db)])
  else if (how === 'rebuild') await rebuild(db)
  else if (how === 'audit') await audit(db, { from: '-infinity', to: 'infinity' })
  else if (how === 'killed')
    await stopPass(db, at, (pid) => sql`select pg_terminate_backend(${pid}::int)`.execute(db))
  else await stopPass(db, at, () => end(world, writer, true))
  see(world, committed)
}

/** Holds a pass up before it writes a table, does something to it or beside it, and lets it go on, or begin anew. */
async function stopPass(db: Db, table: string, meanwhile: (pid: number) => Promise<unknown>): Promise<void> {
  const held = await openTransaction(db)
  await sql`lock table ${sql.table(table)} in exclusive mode`.execute(held.trx)
  let ended = false
  const passing = rollUp(db).finally(() => {
    ended = true
  })
  await eventually(
    async () => {
      const { rows } = await sql<{ pid: number }>`
        select pid from pg_stat_activity
         where datname = current_database() and ${held.pid}::int = any(pg_blocking_pids(pid))`.execute(db)
      const [waiting] = rows
      if (waiting) await meanwhile(waiting.pid)
      return ended || waiting !== undefined
    },
    { intervalMs: 5 },
  )
  await held.rollback()
  await passing
}

/** Whatever has not been counted. */
async function seal(
  { db, now, tenantIds, byHand }: World,
  { tenant, daysAgo }: ActionOf<'seal'>,
): Promise<void> {
  const tenantId = tenant === null ? null : (tenantIds[tenant] ?? null)
  const through = dayAt(now, -24 * daysAgo)
  await db.transaction().execute(async (trx) => {
    await lockRollup(trx)
    await setSealed(trx, { tenantId, through })
  })
  byHand.seal(tenantId, through)
}

/** Those that are over for three days. Nobody may be in them. */
async function dropMonths(world: World): Promise<void> {
  const { db, byHand } = world
  await endAll(world)
  const before = new Date(world.now.getTime() - 72 * hourMs)
  for (const eventClass of ['delivery', 'engagement'] as const)
    for (const month of await listPartitionsBefore(db, eventClass, before)) {
      await dropMonth(db, month)
      see(world)
      byHand.seal(null, dayAt(month.until, 14))
      byHand.forget(({ type, recordedAt }) => classOf(type) === eventClass && recordedAt < month.until)
    }
}

async function forgetWeeks(world: World): Promise<void> {
  const { db, byHand } = world
  const tenantId = world.tenantIds[1] ?? ''
  const before = new Date(world.now.getTime() - 7 * 24 * hourMs)
  await rollUp(db)
  see(world)
  await forgetInBatches(db, { tenantId, before })
  byHand.seal(tenantId, dayAt(before, 14))
  byHand.forget((event) => event.tenantId === tenantId && event.recordedAt < before)
}

async function forgetInBatches(db: Db, events: { tenantId: string; before: Date }): Promise<void> {
  let from: string | null = null
  for (let rows = 1; rows > 0; ) {
    const deleted = await deleteOfTenant(db, events, { limit: 2, from })
    from = deleted.mailboxId
    rows = deleted.rows
  }
}

/** As a dump that is restored on another server: all that was committed is there, and the transaction ids of this one differ. */
async function restore(world: World, transactions: ActionOf<'restore'>['transactions']): Promise<void> {
  await endAll(world)
  // What was written after the last restore is known by that until the first pass.
  if (world.isRestored) await pass(world, { what: 'pass', how: 'alone', at: 'daily_analytics', writer: 0 })
  world.isRestored = true
  await restoreElsewhere(world.db, transactions)
}

/** Those of now and of all that is in none; beside a pass, if one has anything to write. Writers would be waited for. */
async function makeMonths(world: World, at: ActionOf<'month'>['at']): Promise<void> {
  const { db, now } = world
  await endAll(world)
  let making: Promise<unknown> | undefined
  const make = () => ensureEventPartitions(db, now, 0)
  await stopPass(db, at, async () => {
    let made = false
    making = make().finally(() => {
      made = true
    })
    await eventually(async () => made || (await countWaiting(db)) > 1, { intervalMs: 5 })
  })
  see(world)
  await (making ?? make())
}

async function countWaiting(db: Db): Promise<number> {
  const { rows } = await sql`
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
  return rows.length
}

/** To the other mailbox of its campaign, as long as it is not known to be sent. */
function moveEmail({ kept, emails }: World, index: number): void {
  const email = emails[index]
  const other = emails.find(
    ({ tenantId, mailboxId }) => tenantId === email?.tenantId && mailboxId !== email.mailboxId,
  )
  if (!email || !other || kept.some(({ type, emailId }) => type === 'sent' && emailId === email.emailId))
    return
  emails[index] = { ...email, mailboxId: other.mailboxId }
}

async function setZone(world: World, hoursAhead: number): Promise<void> {
  world.hoursAhead = hoursAhead
  // In Etc, the sign is that of the way to Greenwich.
  const timezone = `Etc/GMT${hoursAhead > 0 ? '-' : '+'}${Math.abs(hoursAhead)}`
  await world.db.updateTable('tenants').set({ timezone }).execute()
  await world.db.updateTable('email_accounts').set({ timezone }).execute()
}
