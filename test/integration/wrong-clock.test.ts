import net, { type AddressInfo } from 'node:net'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { enrolNextLeads } from '../../src/jobs/scheduler/enrol-leads.ts'
import { planSyncs } from '../../src/jobs/scheduler/plan-syncs.ts'
import { startSmtpProvider } from '../../src/lab/smtp-provider.ts'
import { insertWakes } from '../../src/sending/lane-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import {
  insertCampaign,
  insertEmail,
  insertLead,
  insertMailbox,
  insertTenant,
  type Mailbox,
} from '../support/factories.ts'
import { startFleet } from '../support/fleet.ts'
import { openInbox } from '../support/inbox.ts'
import { findEmail, laneOf } from '../support/lanes.ts'
import { openTestQueue } from '../support/queue.ts'

// The wall clock of the machine that works is two hours ahead of the database's.
let database: TestDatabase

beforeEach(async () => {
  database = await createTestDatabase()
})

afterEach(async () => {
  vi.useRealTimers()
  await database.close()
})

const goWrong = (hours = 2) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hours * 3_600_000 })

/** An email that is due, in each of `count` sessions of one email. */
async function insertDue(count: number, port: number) {
  const { db } = database
  const tenant = await insertTenant(db)
  const mailbox = await insertMailbox(db, tenant.id, { smtp_port: port })
  for (let n = 0; n < count; n += 1) await insertEmail(db, mailbox)
  await insertWakes(db, [{ ...laneOf(mailbox), inMs: 0 }])
  return mailbox
}

test('a lane whose session has used its quantum goes on at once', async () => {
  const provider = await startSmtpProvider()
  await insertDue(3, provider.port)
  goWrong()
  const fleet = await startFleet(database, { quantumEmails: 1 })
  await provider.waitForAccepted(3)
  await fleet.stop()
  await provider.close()
})

test('a host that cannot be reached is tried again within seconds', async () => {
  const listener = net.createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => listener.once('listening', resolve))
  const { port } = listener.address() as AddressInfo
  await new Promise((resolve) => listener.close(resolve))
  const mailbox = await insertDue(1, port)
  goWrong()
  const fleet = await startFleet(database)
  const block = await eventually(async () => {
    const { rows } = await sql<{ soon: boolean }>`
      select blocked_until < now() + interval '1 minute' as soon from sending_lanes
       where email_account_id = ${mailbox.id} and blocked_code = 'connect_failed'`.execute(database.db)
    return rows[0] ?? false
  })
  await fleet.stop()
  expect(block).toEqual({ soon: true })
})

/** A password that this process cannot open. */
const sealAway = (mailbox: Mailbox, field: 'smtp_password' | 'imap_password') =>
  database.db
    .insertInto('mailbox_credentials')
    .values({
      tenant_id: mailbox.tenant_id,
      email_account_id: mailbox.id,
      field,
      key_id: '00000000',
      sealed: Buffer.alloc(64),
    })
    .execute()

test('a password that does not open is tried again within minutes, for sending and for reading', async () => {
  const { db } = database
  const mailbox = await insertDue(1, 1)
  const imap = { imap_host: '127.0.0.1', imap_port: 1, imap_username: 'robin', smtp_username: 'robin' }
  await db.updateTable('email_accounts').set(imap).where('id', '=', mailbox.id).execute()
  await sealAway(mailbox, 'smtp_password')
  await sealAway(mailbox, 'imap_password')
  goWrong()
  const fleet = await startFleet(database, {}, { quiet: true })
  const inbox = await openInbox(database)
  await inbox.sync(mailbox)
  const soon = await eventually(async () => {
    const { rows } = await sql<{ lane: boolean; sync: boolean }>`
      select l.blocked_until < now() + interval '1 hour' as lane, a.next_sync_at < now() + interval '1 hour' as sync
        from sending_lanes l join email_accounts a on a.id = l.email_account_id
       where a.id = ${mailbox.id} and l.blocked_code = 'credential_unreadable' and a.sync_failures = 1`.execute(
      db,
    )
    return rows[0] ?? false
  })
  await inbox.close()
  await fleet.stop()
  expect(soon).toEqual({ lane: true, sync: true })
})

test('an email is as old as the database says: its first refusal is not its last', async () => {
  const provider = await startSmtpProvider()
  const { db } = database
  const mailbox = await insertMailbox(db, (await insertTenant(db)).id, { smtp_port: provider.port })
  const email = await insertEmail(db, mailbox, { to_address: 'ann@full.test' })
  await insertWakes(db, [{ ...laneOf(mailbox), inMs: 0 }])
  goWrong(5 * 24)
  const fleet = await startFleet(database, { retryBaseSeconds: 1800 }, { quiet: true })
  const row = await eventually(async () => {
    const found = await findEmail(db, email)
    return found.attempt > 0 && found.status !== 'submitting' && found
  })
  await fleet.stop()
  await provider.close()
  expect(row).toMatchObject({ status: 'scheduled', reason_code: 'mailbox_full' })
})

test('a campaign is planned from now on, and mailboxes are read at their next turn', async () => {
  const { db } = database
  const tenant = await insertTenant(db)
  const mailbox = await insertMailbox(db, tenant.id, { imap_host: '127.0.0.1', imap_port: 1 })
  await insertLead(db, tenant.id)
  await insertCampaign(db, tenant.id, [mailbox.id])
  const queue = await openTestQueue(database)
  goWrong()
  await enrolNextLeads(db)
  await planSyncs(db, queue.client)
  const { rows } = await sql<{ planned: boolean; synced: boolean }>`
    select due_at < now() + interval '1 minute' as planned, next_sync_at < now() + interval '10 minutes' as synced
      from emails e join email_accounts a on a.id = e.email_account_id`.execute(db)
  await queue.close()
  expect(rows).toEqual([{ planned: true, synced: true }])
})
