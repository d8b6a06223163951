import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ClaimedEmail } from '../../src/sending/claim-emails.ts'
import { claimEmails } from '../../src/sending/claim-emails.ts'
import type { Consequence } from '../../src/sending/scope.ts'
import { settleEmails } from '../../src/sending/settle-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertEmail, insertMailbox, insertTenant, type Mailbox, type Tenant } from '../support/factories.ts'
import { claim, claimFor, claimOf, claimOptions, findEmail, outcomeOf, settle } from '../support/lanes.ts'
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

async function claimedEmail(address: string, from = mailbox): Promise<ClaimedEmail> {
  await insertEmail(database.db, from, { to_address: address })
  const [email] = await claimFor(database.db, from, 1)
  if (!email) throw new Error('nothing was claimed')
  return email
}

const pauseOf = ({ mailboxId }: ClaimedEmail, seconds: number | null = 900): Consequence => ({
  kind: 'pause_mailbox',
  mailboxId,
  seconds,
  code: 'rate_limited',
  reason: '421 4.7.0 too much from you',
})

const cooldownOf = ({ recipientProvider }: ClaimedEmail, hintSeconds?: number): Consequence => ({
  kind: 'cool_provider',
  provider: recipientProvider,
  baseSeconds: 300,
  mostSeconds: 3600,
  hintSeconds,
  jitter: 0,
  code: 'provider_deferred',
  reason: '421 4.7.0 too fast',
})

const findMailbox = ({ id }: Mailbox) =>
  database.db.selectFrom('email_accounts').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

test('a claim that waits for the settlement of a refusal takes nothing more of the mailbox it pauses', async () => {
  const { db } = database
  const refused = await claimedEmail('ann@one.test')
  await insertEmail(db, mailbox, { to_address: 'bob@one.test' })
  const [settling, claiming] = [await openTransaction(db), await openTransaction(db)]
  await settleEmails(settling.trx, [outcomeOf(refused, 'scheduled', { consequence: pauseOf(refused) })])
  const answers = claimEmails(claiming.trx, [claimOf(mailbox, 2)], claimOptions)
  await untilBlocked(db, claiming)
  await settling.commit()
  expect(await answers).toMatchObject([{ emails: [], block: { code: 'mailbox_paused' } }])
  await claiming.commit()
})

test('a claim that waits for the settlement of a refusal takes nothing more for the provider it cools', async () => {
  const { db } = database
  const refused = await claimedEmail('ann@cooled.test')
  const waiting = await insertEmail(db, mailbox, { to_address: 'bob@cooled.test' })
  const [settling, claiming] = [await openTransaction(db), await openTransaction(db)]
  const outcome = outcomeOf(refused, 'scheduled', { consequence: cooldownOf(refused), delaySeconds: 1800 })
  await settleEmails(settling.trx, [outcome])
  const answers = claimEmails(claiming.trx, [claimOf(mailbox, 2)], claimOptions)
  await untilBlocked(db, claiming)
  await settling.commit()
  expect(await answers).toMatchObject([{ emails: [], picked: 1 }])
  await claiming.commit()
  expect((await findEmail(db, waiting)).reason_code).toBe('provider_cooldown')
})

test('of several refusals in one batch the longest pause and the longest cool-down hold', async () => {
  const emails: ClaimedEmail[] = []
  for (const name of ['ann', 'bob', 'cyd']) emails.push(await claimedEmail(`${name}@batch.test`))
  const [first, second, third] = emails as [ClaimedEmail, ClaimedEmail, ClaimedEmail]
  await settle(
    database.db,
    outcomeOf(first, 'scheduled', { consequence: pauseOf(first, null) }),
    outcomeOf(second, 'scheduled', { consequence: pauseOf(second, 60) }),
    outcomeOf(third, 'scheduled', { consequence: cooldownOf(third, 1200) }),
  )
  expect(await findMailbox(mailbox)).toMatchObject({
    status: 'paused',
    paused_code: 'rate_limited',
    paused_until: null,
  })
  const sibling = await insertMailbox(database.db, tenant.id)
  const waiting = await insertEmail(database.db, sibling, { to_address: 'dan@batch.test' })
  await claim(database.db, claimOf(sibling, 1))
  const { due_at } = await findEmail(database.db, waiting)
  expect(Math.abs(due_at.getTime() - Date.now() - 1200_000)).toBeLessThan(30_000)
})

test('a settlement that is written again pauses nothing that was resumed since', async () => {
  const { db } = database
  const refused = await claimedEmail('ann@again.test')
  const outcome = outcomeOf(refused, 'scheduled', { consequence: pauseOf(refused, null) })
  await settle(db, outcome)
  await db.updateTable('email_accounts').set({ status: 'active' }).where('id', '=', mailbox.id).execute()
  await settle(db, outcome)
  expect((await findMailbox(mailbox)).status).toBe('active')
})

test('a refusal that comes late brings no removed mailbox back', async () => {
  const { db } = database
  const refused = await claimedEmail('ann@removed.test')
  await db.updateTable('email_accounts').set({ status: 'removed' }).where('id', '=', mailbox.id).execute()
  await settle(db, outcomeOf(refused, 'scheduled', { consequence: pauseOf(refused, null) }))
  expect((await findMailbox(mailbox)).status).toBe('removed')
})
