import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { civilDate } from '../../src/core/civil-time.ts'
import { newId } from '../../src/core/ids.ts'
import type { Trx } from '../../src/db/connect.ts'
import { recordAnswer } from '../../src/sending/answer-store.ts'
import { setForgotten } from '../../src/sending/forgotten-store.ts'
import { expireLeases } from '../../src/sending/lease-store.ts'
import { promoteToSent } from '../../src/sending/proof-store.ts'
import { skipEmails } from '../../src/sending/skip-store.ts'
import { countReceived, listAcquaintances } from '../../src/warmup/acquaintance-store.ts'
import { setOverdueEnded } from '../../src/warmup/ending-store.ts'
import { insertOpenedEvents } from '../../src/warmup/event-store.ts'
import { insertPlanned } from '../../src/warmup/plan-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertMailbox, insertTenant, type Mailbox, mint } from '../support/factories.ts'
import { claimOf, findEmail, listEvents, outcomeOf, settle } from '../support/lanes.ts'

let database: TestDatabase
let robin: Mailbox
let ada: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  robin = await enrol()
  ada = await enrol()
})

async function enrol(): Promise<Mailbox> {
  const tenant = await insertTenant(database.db, { warmup_pool: 'shared' })
  return insertMailbox(database.db, tenant.id, { warmup_status: 'warming' })
}

const inTransaction = <T>(work: (trx: Trx) => Promise<T>) => database.db.transaction().execute(work)

const sideOf = ({ tenant_id, id, email_address }: Mailbox) => ({
  tenantId: tenant_id,
  mailboxId: id,
  address: email_address,
  provider: 'other',
})

/** A warmup email from one to the other, with both sides' records; the first of its conversation unless told. */
async function write(from: Mailbox, to: Mailbox, thread = mint('token'), depth = 1) {
  const token = depth === 1 ? thread : mint('token')
  const planned = {
    ...{ token, threadToken: thread, depth, planDate: '2026-03-02', dueAt: new Date() },
    ...{ messageId: `<${token}@x.test>`, content: { subject: 'Lunch', text: 'Hello', headers: {} } },
    ...{ sender: sideOf(from), receiver: sideOf(to) },
    ...{ emailId: newId(), senderExchangeId: newId(), receiverExchangeId: newId() },
  }
  await inTransaction((trx) => insertPlanned(trx, [planned]))
  return { tenantId: from.tenant_id, id: planned.emailId, token }
}

/** Puts it on the wire as the claim does. */
const submit = ({ id }: { id: string }) =>
  database.db
    .updateTable('emails')
    .set({
      ...{ status: 'submitting', attempt: 1, claim_id: claimOf(robin, 1).claimId, claimed_at: new Date() },
      lease_until: sql<Date>`clock_timestamp() + interval '1 minute'`,
    })
    .where('id', '=', id)
    .execute()

async function send(email: { tenantId: string; id: string }): Promise<void> {
  await submit(email)
  await settle(database.db, outcomeOf({ ...email, attempt: 1, budgetKeys: [] }, 'sent'))
}

const typesOf = async (email: { id: string }) =>
  (await listEvents(database.db, email)).map(({ class: eventClass, type }) => `${eventClass} ${type}`)

test('whatever becomes of a warmup email is told in the class of warmup', async () => {
  const skipped = await write(robin, ada)
  await inTransaction((trx) => skipEmails(trx, [{ ...skipped, code: 'x', reason: 'x' }]))
  const lapsed = await write(robin, ada)
  await submit(lapsed)
  await database.db
    .updateTable('emails')
    .set({ lease_until: new Date(0) })
    .where('id', '=', lapsed.id)
    .execute()
  await inTransaction((trx) => expireLeases(trx))
  const forgotten = await write(robin, ada)
  const doubt = { ...forgotten, ref: mint('ref'), messageId: `<${mint('id')}@x.test>`, budgetKeys: [] }
  await inTransaction((trx) => setForgotten(trx, [doubt], 'a standby was promoted', new Date()))
  const answered = await write(robin, ada)
  const answer = { type: 'replied' as const, at: new Date(), identity: 'one', data: {} }
  await inTransaction((trx) => recordAnswer(trx, answered, answer))
  const refused = await write(robin, ada)
  await submit(refused)
  await settle(database.db, outcomeOf({ ...refused, attempt: 1, budgetKeys: [] }, 'failed'))

  expect(await Promise.all([skipped, lapsed, forgotten, answered, refused].map(typesOf))).toEqual([
    ['warmup skipped'],
    ['warmup unknown'],
    ['warmup unknown'],
    ['warmup replied'],
    ['warmup failed'],
  ])
})

test('that a partner opened an email is told of that email, in its own tenant', async () => {
  const email = await write(robin, ada)
  await send(email)
  const at = new Date('2026-03-02T12:00:00Z')
  await insertOpenedEvents(database.db, [email], at)
  const { sent_on } = await findEmail(database.db, email)
  const events = await listEvents(database.db, email)
  expect(events.at(-1)).toMatchObject({ class: 'warmup', type: 'warmup_opened', occurred_at: at, sent_on })
  const [{ tenant_id, email_account_id } = {}] = await database.db
    .selectFrom('email_events')
    .selectAll()
    .where('type', '=', 'warmup_opened')
    .execute()
  expect([tenant_id, email_account_id]).toEqual([robin.tenant_id, robin.id])
})

test('an email was replied to when the answer has left, not when it was written, and once', async () => {
  const first = await write(robin, ada)
  await send(first)
  const answer = await write(ada, robin, first.token, 2)
  const next = await write(robin, ada, first.token, 3)
  expect(await typesOf(first)).toEqual(['warmup warmup_sent'])
  await send(answer)
  await settle(database.db, outcomeOf({ ...answer, attempt: 1, budgetKeys: [] }, 'sent'))
  expect(await typesOf(first)).toEqual(['warmup warmup_sent', 'warmup warmup_replied'])
  expect(await typesOf(answer)).toEqual(['warmup warmup_sent'])

  // Found in the Sent folder after its outcome was not known.
  await submit(next)
  await inTransaction((trx) => promoteToSent(trx, [next]))
  expect(await typesOf(answer)).toEqual(['warmup warmup_sent', 'warmup warmup_replied'])
  expect(await typesOf(first)).toHaveLength(2)
})

const sidesOf = ({ token }: { token: string }) =>
  database.db.selectFrom('warmup_exchanges').selectAll().where('token', '=', token).orderBy('side').execute()

test('nobody looks for an email that ended unsent, and the two have not met', async () => {
  const skipped = await write(robin, ada)
  await inTransaction((trx) => skipEmails(trx, [{ ...skipped, code: 'x', reason: 'x' }]))
  const refused = await write(robin, ada)
  await submit(refused)
  await settle(database.db, outcomeOf({ ...refused, attempt: 1, budgetKeys: [] }, 'failed'))
  for (const email of [skipped, refused])
    expect(await sidesOf(email)).toMatchObject([
      { side: 'receiver', unsent: true, finished_at: expect.any(Date), note: 'it was not sent' },
      { side: 'sender', unsent: true },
    ])
  const met = { partner: ada.email_address, conversations: 2, lastDate: null }
  expect(await listAcquaintances(database.db, [robin.id], '2026-01-01')).toMatchObject([met])
  expect((await countReceived(database.db, '2026-03-02')).get(ada.id)).toBeUndefined()

  const sent = await write(robin, ada)
  await send(sent)
  expect(await sidesOf(sent)).toMatchObject([{ unsent: false, finished_at: null }, { unsent: false }])
  expect(await listAcquaintances(database.db, [robin.id], '2026-01-01')).toMatchObject([
    { lastDate: civilDate(new Date(), robin.timezone) },
  ])
})

test('what a mailbox that is removed, or cannot be read, still expects ends without a look at it', async () => {
  const [early, late, found] = [await write(robin, ada), await write(robin, ada), await write(robin, ada)]
  const [gone, young] = [await write(ada, robin), await write(robin, ada)]
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)
  const set = (values: object, { token }: { token: string }) =>
    database.db.updateTable('warmup_exchanges').set(values).where('token', '=', token).execute()
  await set({ planned_at: daysAgo(9) }, late)
  await set({ planned_at: daysAgo(7) }, early)
  await set({ planned_at: daysAgo(16), found_at: daysAgo(16) }, found)
  await database.db
    .updateTable('email_accounts')
    .set({ status: 'removed' })
    .where('id', '=', robin.id)
    .execute()
  await setOverdueEnded(database.db)
  const notes = await Promise.all(
    [early, late, found, gone, young].map(async (email) => (await sidesOf(email))[0]?.note ?? null),
  )
  expect(notes).toEqual([
    null,
    'it was not found within a week',
    'it could not be put away within two weeks',
    'the mailbox was removed',
    null,
  ])
})
