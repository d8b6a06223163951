import { createSecretKey } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { civilDate } from '../../src/core/civil-time.ts'
import { newId } from '../../src/core/ids.ts'
import { removeMailbox } from '../../src/jobs/remove-mailbox.ts'
import { choosePool, pauseWarmup, resumeWarmup } from '../../src/jobs/warmup/change.ts'
import { planNextDays, planWarmupDays } from '../../src/jobs/warmup/plan-day.ts'
import { insertReply } from '../../src/warmup/reply.ts'
import { findConversation } from '../../src/warmup/reply-store.ts'
import { readToken, warmupKey } from '../../src/warmup/token.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { insertMailbox, insertTenant, type Mailbox, mint, type Tenant } from '../support/factories.ts'
import { openTransaction } from '../support/two-connections.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase({ maxConnections: 10 })
})
afterAll(() => database.close())
beforeEach(async () => {
  // Each test has the pool to itself.
  await database.db.updateTable('tenants').set({ warmup_pool: 'none' }).execute()
})

const planning = { key: warmupKey(createSecretKey(Buffer.alloc(32, 7))), restDays: 7 }

const notAfter = new Date(Date.now() + 7 * 86_400_000)

/** A zone in which the working day has just begun. */
function morningZone(): string {
  const ahead = (24 + 8 - new Date().getUTCHours()) % 24
  return ahead <= 12 ? `Etc/GMT-${ahead}` : `Etc/GMT+${24 - ahead}`
}

async function enrol(
  tenant: Pick<Tenant, 'id'>,
  domain: string,
  ramp: object = {},
  email_address = `${mint('ann')}@${domain}`,
): Promise<Mailbox> {
  const { db } = database
  const timezone = morningZone()
  const mailbox = await insertMailbox(db, tenant.id, {
    email_address,
    warmup_status: 'warming',
    timezone,
  })
  await db
    .insertInto('warmup_accounts')
    .values({
      tenant_id: tenant.id,
      email_account_id: mailbox.id,
      ramp_start: 2,
      jitter: 0,
      weekdays_only: false,
      started_on: civilDate(new Date(), timezone),
      seed: 1,
      ...ramp,
    })
    .execute()
  return mailbox
}

async function sharedPool(count: number, ramp: object = {}): Promise<Mailbox[]> {
  const mailboxes: Mailbox[] = []
  for (let n = 0; n < count; n += 1) {
    const tenant = await insertTenant(database.db, { warmup_pool: 'shared' })
    mailboxes.push(await enrol(tenant, `${mint('acorn')}.test`, ramp))
  }
  return mailboxes
}

const emailsOf = (mailboxes: readonly Mailbox[]) =>
  database.db
    .selectFrom('emails')
    .selectAll()
    .where('kind', '=', 'warmup')
    .where(
      'email_account_id',
      'in',
      mailboxes.map(({ id }) => id),
    )
    .orderBy('due_at')
    .execute()

const exchangesOf = (mailboxes: readonly Mailbox[]) =>
  database.db
    .selectFrom('warmup_exchanges')
    .selectAll()
    .where(
      'email_account_id',
      'in',
      mailboxes.map(({ id }) => id),
    )
    .execute()

test('a day is planned once: ledger rows, both sides of each exchange and wakes, however many schedulers plan', async () => {
  const mailboxes = await sharedPool(9)
  const runs = await Promise.all([1, 2, 3].map(() => planWarmupDays(database.db, planning)))
  await planWarmupDays(database.db, planning)
  expect(runs.reduce((sum, { planned }) => sum + planned, 0)).toBe(18)

  const emails = await emailsOf(mailboxes)
  expect(emails).toHaveLength(18)
  for (const email of emails) {
    expect(email).toMatchObject({ status: 'scheduled', lane: 'low', campaign_id: null })
    expect(email.due_at.getTime()).toBeGreaterThan(Date.now())
    expect(email.due_at.getUTCSeconds()).not.toBe(0)
    const { headers } = email.content as { headers: Record<string, string> }
    const token = headers['X-Rookery-Warmup'] ?? ''
    expect(readToken(planning.key, token)).toBe('shared')
    expect(email.message_id).toContain(token)
  }

  const exchanges = await exchangesOf(mailboxes)
  const byToken = Map.groupBy(exchanges, ({ token }) => token)
  expect(byToken.size).toBe(18)
  for (const sides of byToken.values()) {
    expect(sides.map(({ side }) => side).sort()).toEqual(['receiver', 'sender'])
    const [one, other] = sides
    expect(one?.tenant_id).not.toBe(other?.tenant_id)
    expect(one?.partner_mailbox).toBe(
      mailboxes.find(({ id }) => id === other?.email_account_id)?.email_address,
    )
  }
  const wakes = await database.db.selectFrom('lane_wakes').select('email_account_id').distinct().execute()
  expect(mailboxes.every(({ id }) => wakes.some((wake) => wake.email_account_id === id))).toBe(true)
})

test('a planner that dies in between leaves nothing, and the next one plans the day', async () => {
  const mailboxes = await sharedPool(3)
  const dying = database.db.transaction().execute(async (trx) => {
    await planNextDays(trx, planning)
    throw new Error('killed')
  })
  await expect(dying).rejects.toThrow('killed')
  expect(await emailsOf(mailboxes)).toEqual([])
  expect((await planWarmupDays(database.db, planning)).planned).toBeGreaterThan(0)
})

test('a pool of one plans nothing and says why; who is paused, quarantined or of no pool takes no part', async () => {
  const [alone] = await sharedPool(1)
  const resting = await sharedPool(2, { health: 'quarantined' })
  const paused = await sharedPool(1, { paused_at: new Date() })
  expect(await planWarmupDays(database.db, planning)).toMatchObject({ planned: 0 })
  const plans = await database.db
    .selectFrom('warmup_plans')
    .selectAll()
    .where(
      'email_account_id',
      'in',
      [alone, ...resting, ...paused].map((mailbox) => mailbox?.id ?? ''),
    )
    .execute()
  expect(plans).toMatchObject([
    {
      email_account_id: alone?.id,
      wanted: 2,
      planned: 0,
      note: 'it is alone in the shared pool: nobody to write to',
    },
  ])
})

test('a closed pool stays within its tenant, and answers that wait take their part of the day', async () => {
  const { db } = database
  const tenant = await insertTenant(db, { warmup_pool: 'closed' })
  const own = [
    await enrol(tenant, 'oak.test'),
    await enrol(tenant, 'elm.test'),
    await enrol(tenant, 'ash.test'),
  ]
  const strangers = await sharedPool(2)
  await planWarmupDays(db, planning)
  const addresses = own.map(({ email_address }) => email_address)
  const emails = await emailsOf(own)
  expect(emails).toHaveLength(3)
  expect(emails.every(({ to_address }) => addresses.includes(to_address))).toBe(true)
  expect((await emailsOf(strangers)).length).toBe(1)
})

test('a tenant that leaves the shared pool writes to nobody there any more, and nobody to it', async () => {
  const { db } = database
  const mailboxes = await sharedPool(6)
  await planWarmupDays(db, planning)
  const [leaver, ...others] = mailboxes
  const skipped = await choosePool(db, leaver?.tenant_id ?? '', 'closed', 'tester')
  const emails = await emailsOf(mailboxes)
  const around = emails.filter(
    ({ email_account_id, to_address }) =>
      email_account_id === leaver?.id || to_address === leaver?.email_address,
  )
  expect(skipped).toBe(around.length)
  expect(around.length).toBeGreaterThan(1)
  expect(new Set(around.map(({ reason_code }) => reason_code))).toEqual(new Set(['warmup_pool_left']))
  expect(emails.filter(({ status }) => status === 'scheduled').length).toBe(emails.length - skipped)

  const [received] = (await exchangesOf(others)).filter(
    ({ side, partner_mailbox }) => side === 'receiver' && partner_mailbox === leaver?.email_address,
  )
  const reply = { messageId: '<x@y.test>', references: [], subject: 'Lunch?', dueAt: new Date(), notAfter }
  const place = { tenantId: received?.tenant_id ?? '', exchangeId: received?.id ?? '' }
  expect(
    await db.transaction().execute((trx) => insertReply(trx, planning.key, { ...place, ...reply })),
  ).toBeUndefined()
})

test('a day that was broken off is planned again for what is left of it, and no email more', async () => {
  const { db } = database
  const mailboxes = await sharedPool(16, { ramp_start: 3 })
  await planWarmupDays(db, planning)
  const one = mailboxes[0] ?? expect.fail()
  const change = { tenantId: one.tenant_id, mailboxId: one.id, actor: 'test' }
  const statusOf = async () => (await emailsOf([one])).map(({ status }) => status)
  const [first] = await emailsOf([one])
  const sent = { status: 'sent', sent_at: new Date(), sent_on: civilDate(new Date(), one.timezone) } as const
  await db
    .updateTable('emails')
    .set(sent)
    .where('id', '=', first?.id ?? '')
    .execute()
  expect(await pauseWarmup(db, change, 'a moment')).toBe(2)
  await planWarmupDays(db, planning)
  expect((await statusOf()).filter((status) => status === 'scheduled')).toEqual([])
  await resumeWarmup(db, change)
  await planWarmupDays(db, planning)
  await planWarmupDays(db, planning)
  expect((await statusOf()).sort()).toEqual([
    ...new Array(2).fill('scheduled'),
    'sent',
    ...new Array(2).fill('skipped'),
  ])
})

test('who leaves the pool while a day is planned gets back what that plan wrote', async () => {
  const { db } = database
  const mailboxes = await sharedPool(4, { ramp_start: 1 })
  const planner = await openTransaction(db)
  expect((await planNextDays(planner.trx, planning)).planned).toBeGreaterThan(0)
  const [leaver] = mailboxes
  const leaving = choosePool(db, leaver?.tenant_id ?? '', 'none', 'test')
  await eventually(async () => {
    const { rows } = await sql`select from pg_locks where locktype = 'advisory' and not granted`.execute(db)
    return rows.length > 0
  })
  await planner.commit()
  const around = (await emailsOf(mailboxes)).filter(
    ({ email_account_id, to_address }) =>
      email_account_id === leaver?.id || to_address === leaver?.email_address,
  )
  expect(await leaving).toBe(around.length)
  expect(around.length).toBeGreaterThan(0)
})

test('a pair whose first message left late, or waits still, has met then', async () => {
  const { db } = database
  const [one, other] = await sharedPool(2, { ramp_start: 1 })
  if (!one || !other) return expect.fail()
  await planWarmupDays(db, planning)
  const planAgain = async () => {
    await db.deleteFrom('warmup_plans').execute()
    return (await planWarmupDays(db, planning)).planned
  }
  await sql`update warmup_exchanges set plan_date = plan_date - 7
             where email_account_id in (${one.id}, ${other.id})`.execute(db)
  expect(await planAgain()).toBe(0)
  const dayBefore = new Date(Date.now() - 86_400_000)
  const late = { status: 'sent', sent_at: dayBefore, sent_on: civilDate(dayBefore, one.timezone) } as const
  await db.updateTable('emails').set(late).where('email_account_id', 'in', [one.id, other.id]).execute()
  expect(await planAgain()).toBe(0)
  await sql`update emails set sent_on = sent_on - 6
             where email_account_id in (${one.id}, ${other.id})`.execute(db)
  expect(await planAgain()).toBe(1)
})

test('two tenants whose mailboxes write to one another may leave their pool at once', async () => {
  const { db } = database
  const tenants = [
    await insertTenant(db, { warmup_pool: 'shared' }),
    await insertTenant(db, { warmup_pool: 'shared' }),
  ]
  for (let n = 0; n < 6; n += 1)
    for (const tenant of tenants) await enrol(tenant, `${mint('oak')}.test`, { ramp_start: 6 })
  await planWarmupDays(db, planning)
  const skipped = await Promise.all(tenants.map(({ id }) => choosePool(db, id, 'none', 'test')))
  expect((skipped[0] ?? 0) + (skipped[1] ?? 0)).toBe(36)
})

test('a mailbox that is removed is written to no more', async () => {
  const { db } = database
  const mailboxes = await sharedPool(4, { ramp_start: 1 })
  await planWarmupDays(db, planning)
  const [gone] = mailboxes
  await removeMailbox(db, gone ?? expect.fail())
  const open = (await emailsOf(mailboxes)).filter(({ status }) => status === 'scheduled')
  expect(open.filter(({ to_address }) => to_address === gone?.email_address)).toEqual([])
  expect(open.filter(({ email_account_id }) => email_account_id === gone?.id)).toEqual([])
})

test('an answer goes on with its conversation, and ends with its fourth message', async () => {
  const { db } = database
  const mailboxes = await sharedPool(2, { ramp_start: 1 })
  await planWarmupDays(db, planning)
  let [received] = (await exchangesOf(mailboxes)).filter(({ side }) => side === 'receiver')
  const [first] = await emailsOf(mailboxes)
  const references: string[] = []
  for (const depth of [2, 3, 4]) {
    const before = received ?? expect.fail()
    const messageId = `<seen-${depth}@elsewhere.test>`
    const reply = {
      tenantId: before.tenant_id,
      exchangeId: before.id,
      messageId,
      references: [...references],
    }
    const answer = await db
      .transaction()
      .execute((trx) =>
        insertReply(trx, planning.key, { ...reply, subject: 'Lunch?', dueAt: new Date(), notAfter }),
      )
    references.push(messageId)
    const email = await db
      .selectFrom('emails')
      .selectAll()
      .where('id', '=', answer?.emailId ?? '')
      .executeTakeFirstOrThrow()
    expect(email.to_address).toBe(before.partner_mailbox)
    expect(email.content).toMatchObject({
      subject: 'Re: Lunch?',
      references,
      notAfter: notAfter.toISOString(),
    })
    const next = (await exchangesOf(mailboxes)).filter(
      (one) => one.depth === depth && one.side === 'receiver',
    )
    expect(next).toMatchObject([{ thread_token: before.thread_token }])
    received = next[0]
  }
  const last = received ?? expect.fail()
  const fifth = { tenantId: last.tenant_id, exchangeId: last.id, messageId: '<x@y.test>', references: [] }
  expect(
    await db
      .transaction()
      .execute((trx) =>
        insertReply(trx, planning.key, { ...fifth, subject: 'Lunch?', dueAt: new Date(), notAfter }),
      ),
  ).toBeUndefined()
  expect(first?.to_address).toBeDefined()
})

test('a mailbox that was removed and added again still knows whom it met, and of what they wrote', async () => {
  const { db } = database
  const [gone, other] = await sharedPool(2, { ramp_start: 1 })
  if (!gone || !other) return expect.fail()
  await planWarmupDays(db, planning)
  const [first] = await emailsOf([gone, other])
  const sent = {
    status: 'sent' as const,
    sent_at: new Date(),
    sent_on: first?.due_at.toISOString().slice(0, 10),
  }
  await db
    .updateTable('emails')
    .set(sent)
    .where('id', '=', first?.id ?? '')
    .execute()
  await removeMailbox(db, gone)
  const back = await enrol({ id: gone.tenant_id }, '', { ramp_start: 1 }, gone.email_address)
  expect((await planWarmupDays(db, planning)).planned).toBe(0)
  const { note } = await db
    .selectFrom('warmup_plans')
    .select('note')
    .where('email_account_id', '=', back.id)
    .executeTakeFirstOrThrow()
  expect(note).toContain('a pair meets once in 7 days')

  await db.deleteFrom('warmup_plans').where('email_account_id', '=', back.id).execute()
  await sql`update warmup_exchanges set plan_date = plan_date - 8, planned_at = planned_at - interval '8 days'
             where email_account_id in (${gone.id}, ${other.id})`.execute(db)
  await sql`update emails set sent_on = sent_on - 8 where kind = 'warmup'`.execute(db)
  expect((await planWarmupDays(db, planning)).planned).toBe(1)
  const [second] = await emailsOf([back])
  const subjectOf = (email: typeof first) => (email?.content as { subject?: string } | undefined)?.subject
  expect(subjectOf(second)).not.toBe(subjectOf(first))
  const [received] = (await exchangesOf([other])).filter(
    ({ side, plan_date }) => side === 'receiver' && plan_date === civilDate(new Date(), other.timezone),
  )
  const { tenant_id, id } = received ?? expect.fail()
  const conversation = await db.transaction().execute((trx) => findConversation(trx, tenant_id, id))
  expect(conversation).toMatchObject({ depth: 1, conversationsBefore: 1 })
})

test('who is suppressed for a tenant is planned by none of its mailboxes, and the plan says so', async () => {
  const { db } = database
  const [robin, ada, eve] = await sharedPool(3)
  if (!robin || !ada || !eve) return expect.fail()
  const because = { reason: 'invalid_recipient', source: 'bounce' as const, evidence: '{}' }
  const domain = eve.email_address.split('@')[1] ?? ''
  await db
    .insertInto('suppressions')
    .values([
      { ...because, id: newId(), tenant_id: robin.tenant_id, scope: 'address', value: ada.email_address },
      { ...because, id: newId(), tenant_id: null, scope: 'domain', value: domain },
    ])
    .execute()
  await planWarmupDays(db, planning)
  const [received] = (await exchangesOf([robin])).filter(({ side }) => side === 'receiver')
  const { tenant_id, id } = received ?? expect.fail()
  expect(await db.transaction().execute((trx) => findConversation(trx, tenant_id, id))).toBeUndefined()
  expect(await emailsOf([robin])).toEqual([])
  const to = [...(await emailsOf([ada, eve]))].map(({ to_address }) => to_address)
  expect(to).not.toContain(eve.email_address)
  expect(to).toContain(robin.email_address)
  const { note } = await db
    .selectFrom('warmup_plans')
    .select('note')
    .where('email_account_id', '=', robin.id)
    .executeTakeFirstOrThrow()
  expect(note).toBe(
    '0 of 2: the shared pool has 0 partners for it without 2 suppressed for its tenant, and a pair meets once in 7 days',
  )
})
