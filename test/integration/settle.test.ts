import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ClaimedEmail } from '../../src/sending/claim-emails.ts'
import { expireLeases } from '../../src/sending/lease-store.ts'
import { settleEmails } from '../../src/sending/settle-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  insertCampaign,
  insertEmail,
  insertLead,
  insertMailbox,
  insertTenant,
  type Mailbox,
  type Tenant,
} from '../support/factories.ts'
import { claimFor, findEmail, listEvents, outcomeOf, readBudgets, settle } from '../support/lanes.ts'
import { openTransaction, untilBlocked } from '../support/two-connections.ts'

let database: TestDatabase
let tenant: Tenant
let mailbox: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
  tenant = await insertTenant(database.db)
})

afterAll(() => database.close())

beforeEach(async () => {
  mailbox = await insertMailbox(database.db, tenant.id)
})

async function claimedEmail(): Promise<ClaimedEmail> {
  await insertEmail(database.db, mailbox)
  const [email] = await claimFor(database.db, mailbox, 1)
  if (!email) throw new Error('nothing was claimed')
  return email
}

/** Its worker has said nothing for longer than its lease. */
async function lapse(email: { id: string }): Promise<number> {
  const { db } = database
  const past = sql<Date>`clock_timestamp() - interval '1 second'`
  await db.updateTable('emails').set({ lease_until: past }).where('id', '=', email.id).execute()
  return db.transaction().execute((trx) => expireLeases(trx))
}

describe('an email whose lease has lapsed', () => {
  test('is unknown, with an event, and its budget stays taken', async () => {
    const email = await claimedEmail()
    expect(await lapse(email)).toBe(1)
    expect(await findEmail(database.db, email)).toMatchObject({
      status: 'unknown',
      reason_code: 'lease_lapsed',
    })
    expect(await listEvents(database.db, email)).toMatchObject([{ type: 'unknown', class: 'delivery' }])
    expect((await readBudgets(database.db, mailbox)).rolling).toBe(1)
    expect(await claimFor(database.db, mailbox, 1)).toEqual([])
  })

  test('is sent when the acceptance comes late: proof beats doubt', async () => {
    const email = await claimedEmail()
    await lapse(email)
    expect(await settle(database.db, outcomeOf(email, 'sent'))).toEqual(new Set([email.id]))
    expect(await findEmail(database.db, email)).toMatchObject({
      status: 'sent',
      reason_code: null,
      duplicate_suspected: false,
    })
    const types = (await listEvents(database.db, email)).map(({ type }) => type)
    expect(types).toEqual(['unknown', 'sent'])
  })

  test.each(['failed', 'scheduled'] as const)(
    'is %s when the refusal comes late, and its budget is given back',
    async (status) => {
      const email = await claimedEmail()
      await lapse(email)
      await settle(database.db, outcomeOf(email, status))
      expect((await findEmail(database.db, email)).status).toBe(status)
      expect((await readBudgets(database.db, mailbox)).rolling).toBe(0)
    },
  )

  test('stays as it is, without a second event, when its worker cannot tell either', async () => {
    const email = await claimedEmail()
    await lapse(email)
    expect(await settle(database.db, outcomeOf(email, 'unknown'))).toEqual(new Set())
    expect(await listEvents(database.db, email)).toHaveLength(1)
  })

  test('is sent also when the acceptance comes while the lapse is being written', async () => {
    const { db } = database
    const email = await claimedEmail()
    const past = sql<Date>`clock_timestamp() - interval '1 second'`
    await db.updateTable('emails').set({ lease_until: past }).where('id', '=', email.id).execute()
    const sweep = await openTransaction(db)
    const late = await openTransaction(db)
    expect(await expireLeases(sweep.trx)).toBe(1)
    const settling = settleEmails(late.trx, [outcomeOf(email, 'sent')])
    await untilBlocked(db, late)
    await sweep.commit()
    expect(await settling).toEqual(new Set([email.id]))
    await late.commit()
    expect((await findEmail(db, email)).status).toBe('sent')
  })

  test('is left to its worker when that one renews in time', async () => {
    const email = await claimedEmail()
    expect(await database.db.transaction().execute((trx) => expireLeases(trx))).toBe(0)
    expect((await findEmail(database.db, email)).status).toBe('submitting')
  })
})

describe('a late outcome', () => {
  test('of a superseded attempt changes nothing, but its acceptance raises the suspicion of a duplicate', async () => {
    const { db } = database
    const first = await claimedEmail()
    await settle(db, outcomeOf(first, 'scheduled'))
    const [second] = await claimFor(db, mailbox, 1)
    expect(second?.attempt).toBe(2)
    await settle(db, outcomeOf(first, 'failed'))
    expect(await findEmail(db, first)).toMatchObject({ status: 'submitting', duplicate_suspected: false })
    await settle(db, outcomeOf(first, 'sent'))
    expect(await findEmail(db, first)).toMatchObject({ status: 'submitting', duplicate_suspected: true })
    expect((await readBudgets(db, mailbox)).rolling).toBe(1)
  })

  test('in one batch with that of the attempt which superseded it loses neither', async () => {
    const { db } = database
    const first = await claimedEmail()
    await settle(db, outcomeOf(first, 'scheduled'))
    const [second] = await claimFor(db, mailbox, 1)
    if (!second) throw new Error('nothing was claimed')
    for (const order of [
      [first, second],
      [second, first],
    ]) {
      await db
        .updateTable('emails')
        .set({ status: 'submitting', duplicate_suspected: false, lease_until: new Date() })
        .where('id', '=', first.id)
        .execute()
      await settle(db, ...order.map((attempt) => outcomeOf(attempt, 'sent')))
      expect(await findEmail(db, first)).toMatchObject({ status: 'sent', duplicate_suspected: true })
    }
  })

  test('of an attempt that was put back on the schedule keeps an accepted email from being sent again', async () => {
    const { db } = database
    const email = await claimedEmail()
    await settle(db, outcomeOf(email, 'scheduled'))
    await settle(db, outcomeOf(email, 'sent'))
    expect((await findEmail(db, email)).status).toBe('sent')
    expect(await claimFor(db, mailbox, 1)).toEqual([])
  })

  test('of an email already proven sent only fills what it lacks', async () => {
    const { db } = database
    const email = await claimedEmail()
    const sentAt = new Date('2026-01-02T03:04:05Z')
    await db
      .updateTable('emails')
      .set({ status: 'sent', sent_at: sentAt, sent_on: '2026-01-02', reply_code: 251, lease_until: null })
      .where('id', '=', email.id)
      .execute()
    const late = { replyText: 'OK queued', serverMessageId: '<theirs@server.test>', subject: 'Hello' }
    expect(await settle(db, outcomeOf(email, 'sent', late))).toEqual(new Set())
    expect(await findEmail(db, email)).toMatchObject({
      sent_at: sentAt,
      sent_on: '2026-01-02',
      reply_code: 251,
      reply_text: 'OK queued',
      server_message_id: '<theirs@server.test>',
      subject: 'Hello',
      duplicate_suspected: false,
    })
    await settle(db, outcomeOf(email, 'failed'))
    expect((await findEmail(db, email)).status).toBe('sent')
    expect(await listEvents(db, email)).toEqual([])
  })
})

describe('a settlement', () => {
  async function enrolledEmail(): Promise<{ email: ClaimedEmail; leadId: string }> {
    const { db } = database
    const { campaign, steps } = await insertCampaign(db, tenant.id, [mailbox.id])
    const lead = await insertLead(db, tenant.id)
    const ids = { tenant_id: tenant.id, campaign_id: campaign.id, lead_id: lead.id }
    await db
      .insertInto('campaign_leads')
      .values({ ...ids, email_account_id: mailbox.id })
      .execute()
    await insertEmail(db, mailbox, { ...ids, step_id: steps[0]?.id ?? null })
    const [email] = await claimFor(db, mailbox, 1)
    if (!email) throw new Error('nothing was claimed')
    return { email, leadId: lead.id }
  }

  const enrolmentOf = (leadId: string) =>
    database.db
      .selectFrom('campaign_leads')
      .selectAll()
      .where('lead_id', '=', leadId)
      .executeTakeFirstOrThrow()

  test.each(['sent', 'failed', 'scheduled'] as const)(
    'as %s, written twice, changes nothing the second time',
    async (status) => {
      const { db } = database
      const { email, leadId } = await enrolledEmail()
      const outcome = outcomeOf(email, status, { countsAsFailure: status === 'scheduled' })
      expect(await settle(db, outcome)).toEqual(new Set([email.id]))
      const after = {
        row: await findEmail(db, email),
        enrolment: await enrolmentOf(leadId),
        budgets: await readBudgets(db, mailbox),
      }
      expect(await settle(db, outcome)).toEqual(new Set())
      expect(await findEmail(db, email)).toEqual(after.row)
      expect(await enrolmentOf(leadId)).toEqual(after.enrolment)
      expect(await readBudgets(db, mailbox)).toEqual(after.budgets)
      expect(await listEvents(db, email)).toHaveLength(1)
    },
  )

  test('written by two at once counts once', async () => {
    const { db } = database
    const email = await claimedEmail()
    await claimedEmail()
    const outcome = outcomeOf(email, 'scheduled', { countsAsFailure: true, giveBack: false })
    const first = await openTransaction(db)
    const second = await openTransaction(db)
    await settleEmails(first.trx, [outcome])
    const settling = settleEmails(second.trx, [outcome])
    await untilBlocked(db, second)
    await first.commit()
    expect(await settling).toEqual(new Set())
    await second.commit()
    expect((await findEmail(db, email)).transient_failures).toBe(1)
    expect(await listEvents(db, email)).toHaveLength(1)
  })

  test('written twice in one batch counts once', async () => {
    const { db } = database
    const email = await claimedEmail()
    await claimedEmail()
    const outcome = outcomeOf(email, 'scheduled', { countsAsFailure: true })
    await settle(db, outcome, outcome)
    expect((await findEmail(db, email)).transient_failures).toBe(1)
    expect((await readBudgets(db, mailbox)).rolling).toBe(1)
    expect(await listEvents(db, email)).toHaveLength(1)
  })

  test('as sent lets the next step be planned, counted from the moment it was really sent', async () => {
    const { email, leadId } = await enrolledEmail()
    await settle(database.db, outcomeOf(email, 'sent', { agoMs: 90_000 }))
    const row = await findEmail(database.db, email)
    const enrolment = await enrolmentOf(leadId)
    expect(Math.abs(Date.now() - 90_000 - Number(row.sent_at))).toBeLessThan(10_000)
    expect(enrolment).toMatchObject({
      status: 'active',
      last_step_id: row.step_id,
      last_sent_at: row.sent_at,
      plan_at: expect.any(Date),
    })
  })

  test('as failed ends the sequence with the reason', async () => {
    const { email, leadId } = await enrolledEmail()
    await settle(database.db, outcomeOf(email, 'failed'))
    expect(await enrolmentOf(leadId)).toMatchObject({
      status: 'stopped',
      stopped_code: 'recipient_rejected',
      stopped_reason: '550 no such user',
      plan_at: null,
    })
  })

  test('as unknown plans no next step', async () => {
    const { email, leadId } = await enrolledEmail()
    await settle(database.db, outcomeOf(email, 'unknown'))
    expect(await enrolmentOf(leadId)).toMatchObject({ status: 'active', plan_at: null, last_step_id: null })
  })

  test('gives back what its claim took, for each email of the batch', async () => {
    const { db } = database
    for (let n = 0; n < 4; n += 1) await insertEmail(db, mailbox)
    const claimed = await claimFor(db, mailbox, 4)
    const outcomes = (['failed', 'scheduled', 'sent', 'unknown'] as const).map((status, index) => {
      const email = claimed[index]
      if (!email) throw new Error('too few were claimed')
      return outcomeOf(email, status)
    })
    await settle(db, ...outcomes)
    expect(await readBudgets(db, mailbox)).toMatchObject({ days: [2], rolling: 2 })
  })

  test('does not fail for want of a month: its event goes to the default partition', async () => {
    const { db } = database
    const months = await sql<{ name: string }>`
      select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = 'email_events_delivery'::regclass and c.relname not like '%default'`.execute(db)
    for (const { name } of months.rows) await sql`drop table ${sql.table(name)}`.execute(db)
    const email = await claimedEmail()
    await settle(db, outcomeOf(email, 'sent'))
    expect((await findEmail(db, email)).status).toBe('sent')
    const { rows } = await sql`
      select type from email_events_delivery_default where email_id = ${email.id}`.execute(db)
    expect(rows).toEqual([{ type: 'sent' }])
  })

  test('takes what the server said, whatever bytes it said it in', async () => {
    const { db } = database
    const email = await claimedEmail()
    await settle(db, outcomeOf(email, 'sent', { replyText: '2.0.0 OK \0 queued \ud83d' }))
    expect(await findEmail(db, email)).toMatchObject({
      status: 'sent',
      reply_text: '2.0.0 OK  queued \ufffd',
    })
  })
})
