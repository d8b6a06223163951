import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ImapFarm, startImapFarm } from '../../src/lab/imap-farm.ts'
import { type ImapFaults, type ImapFront, startImapFront } from '../../src/lab/imap-faults.ts'
import { settleEmails } from '../../src/sending/settle-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { fileInSent, insertUnknownEmail, listLooks } from '../support/doubt.ts'
import { eventually } from '../support/eventually.ts'
import { insertTenant, type Mailbox, mint } from '../support/factories.ts'
import { insertSentEmail } from '../support/inbound.ts'
import { insertImapMailbox, openInbox } from '../support/inbox.ts'
import {
  claimFor,
  findEmail,
  listEvents,
  listWakes,
  outcomeOf,
  readBudgets,
  settle,
} from '../support/lanes.ts'
import { openTransaction } from '../support/two-connections.ts'

let database: TestDatabase
let farm: ImapFarm
let front: ImapFront
let inbox: Awaited<ReturnType<typeof openInbox>>
let mailbox: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
  farm = await startImapFarm()
  inbox = await openInbox(database)
})
afterAll(async () => {
  await inbox.close()
  await farm.close()
  await database.close()
})
beforeEach(async () => {
  front = await startImapFront(farm)
  mailbox = await insertFiling('never_resend')
})
afterEach(() => front.close())

/** A mailbox at a provider that files what is submitted, of a tenant with this policy. */
async function insertFiling(unknown_policy: 'never_resend' | 'resend_if_absent'): Promise<Mailbox> {
  const tenant = await insertTenant(database.db, { unknown_policy })
  const server = { port: front.port, username: `${mint('ann')}@lab.test`, password: farm.password }
  farm.folder(server.username)
  return insertImapMailbox(database.db, tenant.id, server, { provider_id: 'gmail' })
}

const find = (email: { id: string }) => findEmail(database.db, email)
const lastLookSeconds = 86_400
const toTheSecond = (at: Date | null) => new Date(Math.floor((at?.getTime() ?? 0) / 1000) * 1000)

/** Another email of the mailbox, known sent, and filed. */
async function fileControl(at: Date): Promise<void> {
  const control = await insertSentEmail(database.db, mailbox, { claimed_at: at, sent_at: at })
  fileInSent(farm, mailbox, control)
}

test('an email that is found in Sent was sent when the server says, and its look is noted', async () => {
  const email = await insertUnknownEmail(database.db, mailbox, 130)
  const at = new Date((email.claimed_at?.getTime() ?? 0) + 5000)
  fileInSent(farm, mailbox, email, { at })
  expect(await inbox.sync(mailbox)).toEqual({ kind: 'done', changed: 1 })
  expect(await find(email)).toMatchObject({
    status: 'sent',
    sent_at: toTheSecond(at),
    reason_code: null,
    server_message_id: null,
  })
  expect(await listEvents(database.db, email)).toMatchObject([
    { type: 'sent', data: { code: 'found_in_mailbox' } },
  ])
  expect(await listLooks(database.db, email)).toMatchObject([
    { look: 1, attempt: 1, result: 'found', followed_by: 'sent', folders: ['Sent'], reason: 'found in Sent' },
  ])
})

test('our reference decides where the server has given the message an ID of its own, which is kept', async () => {
  const email = await insertUnknownEmail(database.db, mailbox, 130)
  const theirs = fileInSent(farm, mailbox, email, { rewritten: true })
  await inbox.sync(mailbox)
  expect(await find(email)).toMatchObject({ status: 'sent', server_message_id: theirs })
})

test('a server whose clock is wrong does not move an email out of the time in which it was on the wire', async () => {
  const early = await insertUnknownEmail(database.db, mailbox, 130)
  const late = await insertUnknownEmail(database.db, mailbox, 130)
  fileInSent(farm, mailbox, early, { at: new Date(Date.now() - 20 * 3_600_000) })
  fileInSent(farm, mailbox, late, { at: new Date(Date.now() + 20 * 3_600_000) })
  await inbox.sync(mailbox)
  expect((await find(early)).sent_at).toEqual(early.claimed_at)
  expect((await find(late)).sent_at).toEqual(late.unknown_at)
})

test('an email that is not there is looked for again at the next time', async () => {
  const email = await insertUnknownEmail(database.db, mailbox, 130)
  await fileControl(email.claimed_at ?? new Date())
  await inbox.sync(mailbox)
  await inbox.sync(mailbox)
  expect(await find(email)).toMatchObject({
    status: 'unknown',
    looks: 1,
    next_look_at: new Date((email.unknown_at?.getTime() ?? 0) + 600_000),
    parked_code: null,
    updated_at: email.updated_at,
  })
  expect(await listLooks(database.db, email)).toMatchObject([
    { look: 1, result: 'absent', controlled: true, followed_by: 'look', folders: ['Sent'] },
  ])
})

test('many emails of a mailbox are looked for in one pass through the folder', async () => {
  const emails = []
  for (let n = 0; n < 30; n += 1) emails.push(await insertUnknownEmail(database.db, mailbox, 130 + n * 60))
  for (const email of emails.slice(1)) fileInSent(farm, mailbox, email)
  expect(await inbox.sync(mailbox)).toEqual({ kind: 'done', changed: 29 })
  const opened = front.commands.filter((command) => /^(?:SELECT|EXAMINE) "?Sent/.test(command))
  expect(opened).toHaveLength(1)
})

test.each([
  ['never_resend', {}, true],
  ['no_control', {}, false],
  ['provider_unsure', { provider_id: 'generic' }, true],
] as const)('absent at the last look it is parked: %s', async (code, change, withControl) => {
  await database.db
    .updateTable('email_accounts')
    .set(change)
    .where('id', '=', mailbox.id)
    .execute()
    .catch(() => {})
  const email = await insertUnknownEmail(database.db, mailbox, lastLookSeconds)
  if (withControl) await fileControl(new Date((email.claimed_at?.getTime() ?? 0) - 1_800_000))
  await inbox.sync(mailbox)
  expect(await find(email)).toMatchObject({
    status: 'unknown',
    next_look_at: null,
    parked_code: code,
    parked_reason: expect.stringContaining('not found in Sent'),
  })
  const [look] = await listLooks(database.db, email)
  expect(look).toMatchObject({ result: 'absent', controlled: withControl, followed_by: 'parked' })
})

test('a message that was sent more than an hour before or after is no control', async () => {
  const email = await insertUnknownEmail(database.db, mailbox, lastLookSeconds)
  await fileControl(new Date((email.claimed_at?.getTime() ?? 0) - 3_700_000))
  await inbox.sync(mailbox)
  expect(await find(email)).toMatchObject({ parked_code: 'no_control' })
})

test('absent at the last look, with a control, a tenant that wants so has it sent again as a new attempt', async () => {
  const { db } = database
  mailbox = await insertFiling('resend_if_absent')
  const { id } = await insertUnknownEmail(db, mailbox, 0, {
    status: 'scheduled',
    attempt: 0,
    due_at: new Date(0),
  })
  const [claimed] = await claimFor(db, mailbox, 1)
  if (!claimed) throw new Error('nothing was claimed')
  await settle(db, outcomeOf(claimed, 'unknown'))
  const ago = new Date(Date.now() - lastLookSeconds * 1000)
  const doubt = { look_attempt: 1, unknown_at: ago, next_look_at: ago, looks: 4 }
  await db.updateTable('emails').set(doubt).where('id', '=', id).execute()
  await fileControl(new Date())
  expect(await readBudgets(db, mailbox)).toMatchObject({ days: [1], rolling: 1 })

  expect(await inbox.sync(mailbox)).toMatchObject({ changed: 1 })
  expect(await find({ id })).toMatchObject({
    status: 'scheduled',
    attempt: 1,
    reason_code: 'absent_in_mailbox',
  })
  expect(await readBudgets(db, mailbox)).toMatchObject({ days: [0], rolling: 0 })
  expect(await listWakes(db, mailbox)).toHaveLength(1)
  expect(await listLooks(db, { id })).toMatchObject([
    { look: 5, attempt: 1, result: 'absent', controlled: true, followed_by: 'scheduled' },
  ])

  // What had hung somewhere was accepted after all: two may have gone out, and that is said.
  const [again] = await claimFor(db, mailbox, 1)
  expect(again).toMatchObject({ id, attempt: 2 })
  await settle(db, outcomeOf(claimed, 'sent'))
  expect(await find({ id })).toMatchObject({ status: 'submitting', duplicate_suspected: true })
})

test('a late answer of the server that comes before the next claim keeps an absent email from going out again', async () => {
  const { db } = database
  mailbox = await insertFiling('resend_if_absent')
  const email = await insertUnknownEmail(db, mailbox, lastLookSeconds)
  await fileControl(email.claimed_at ?? new Date())
  await inbox.sync(mailbox)
  expect((await find(email)).status).toBe('scheduled')
  const late = { tenantId: email.tenant_id, id: email.id, attempt: 1, budgetKeys: [] }
  await settle(db, outcomeOf(late, 'sent'))
  expect(await find(email)).toMatchObject({ status: 'sent', duplicate_suspected: false })
  expect(await claimFor(db, mailbox, 1)).toEqual([])
})

test('a folder that cannot be read proves nothing: the look is noted as failed, and made again', async () => {
  mailbox = await insertFiling('resend_if_absent')
  const email = await insertUnknownEmail(database.db, mailbox, lastLookSeconds)
  front.faults = { ask: (line) => line.replace(/^(\S+ EXAMINE "?)Sent/, '$1Gone') }
  expect(await inbox.sync(mailbox)).toEqual({ kind: 'done', changed: 0 })
  const listings = () => front.commands.filter((command) => /^LIST "" "?\*/.test(command)).length
  const before = listings()
  const looked = await find(email)
  expect(looked).toMatchObject({ status: 'unknown', looks: 1, parked_code: null })
  expect(looked.next_look_at?.getTime()).toBeGreaterThan(Date.now())
  expect(await listLooks(database.db, email)).toMatchObject([
    { result: 'failed', followed_by: 'look', reason: expect.stringContaining('no such folder') },
  ])
  // It may have been renamed: the server is asked for its folders again.
  await inbox.sync(mailbox)
  expect(listings()).toBeGreaterThan(before)
})

const garble = (line: string) => line.replace(/^(\* 2 FETCH .*) BODY/, '$1 ][ BODY')
const leaveOut = (line: string) => line.replace(/(UID FETCH) 1:2 /, '$1 1 ')

test.each<[string, ImapFaults]>([
  ['cannot be read', { rewrite: garble, answers: { 'UID SEARCH': 'NO not today' } }],
  ['says nothing of', { ask: leaveOut }],
])('a message that the server lists but %s may be the one: the others are no control', async (_, faults) => {
  mailbox = await insertFiling('resend_if_absent')
  await inbox.sync(mailbox)
  const email = await insertUnknownEmail(database.db, mailbox, lastLookSeconds)
  await fileControl(email.claimed_at ?? new Date())
  fileInSent(farm, mailbox, email)
  front.faults = faults
  await inbox.sync(mailbox)
  expect(await find(email)).toMatchObject({ status: 'unknown' })
  const [look] = await listLooks(database.db, email)
  expect(look).toMatchObject({ controlled: false })
  expect(look?.result).toMatch(/absent|failed/)
})

test('a look that is cut off in mid-folder is no look at an empty folder', async () => {
  mailbox = await insertFiling('resend_if_absent')
  // What comes in has been read, so that the cut hits the look.
  await inbox.sync(mailbox)
  const email = await insertUnknownEmail(database.db, mailbox, lastLookSeconds)
  await fileControl(email.claimed_at ?? new Date())
  fileInSent(farm, mailbox, email)
  front.faults = { drop: { at: 'UID FETCH', afterBytes: 150 } }
  await inbox.sync(mailbox)
  expect(await find(email)).toMatchObject({ status: 'unknown', parked_code: null })
  expect(await listLooks(database.db, email)).toMatchObject([{ result: 'failed', followed_by: 'look' }])
})

const waiting = (db: TestDatabase['db']) =>
  eventually(async () => {
    const { rows } = await sql`select 1 from pg_stat_activity where datname = current_database()
      and wait_event_type = 'Lock'`.execute(db)
    return rows.length > 0
  })

test.each(['found', 'absent'])('a settle under way wins over a look: %s', async (seen) => {
  const { db } = database
  mailbox = await insertFiling('resend_if_absent')
  const email = await insertUnknownEmail(db, mailbox, lastLookSeconds)
  await fileControl(email.claimed_at ?? new Date())
  if (seen === 'found') fileInSent(farm, mailbox, email)
  const settling = await openTransaction(db)
  const late = { tenantId: email.tenant_id, id: email.id, attempt: 1, budgetKeys: [] }
  await settleEmails(settling.trx, [outcomeOf(late, 'sent', { replyText: 'queued as 4711' })])
  const looking = inbox.sync(mailbox)
  await waiting(db)
  await settling.commit()
  expect(await looking).toEqual({ kind: 'done', changed: 0 })
  expect(await find(email)).toMatchObject({
    status: 'sent',
    reply_text: 'queued as 4711',
    duplicate_suspected: false,
  })
  expect(await listEvents(db, email)).toHaveLength(1)
  expect(await listLooks(db, email)).toEqual([])
})

test('an answer of the server that comes after the look fills in what it knows', async () => {
  const { db } = database
  const email = await insertUnknownEmail(db, mailbox, 130)
  fileInSent(farm, mailbox, email)
  await inbox.sync(mailbox)
  const { sent_at } = await find(email)
  const late = { tenantId: email.tenant_id, id: email.id, attempt: 1, budgetKeys: [] }
  await settle(db, outcomeOf(late, 'sent', { replyText: 'queued as 4711' }))
  expect(await find(email)).toMatchObject({
    sent_at,
    reply_text: 'queued as 4711',
    duplicate_suspected: false,
  })
  await settle(db, outcomeOf(late, 'scheduled'))
  expect((await find(email)).status).toBe('sent')
  expect(await listEvents(db, email)).toHaveLength(1)
})

test('of two processes that look at once, one is counted, and what they find is sent once', async () => {
  const { db } = database
  const other = await openInbox(database)
  const here = await insertUnknownEmail(db, mailbox, 130)
  const away = await insertUnknownEmail(db, mailbox, 130)
  const last = await insertUnknownEmail(db, mailbox, lastLookSeconds)
  fileInSent(farm, mailbox, here)
  front.faults = { slow: { bytes: 60, everyMs: 5 } }
  await Promise.all([inbox.sync(mailbox), other.sync(mailbox)])
  await other.close()
  expect(await listEvents(db, here)).toHaveLength(1)
  expect(await listLooks(db, here)).toHaveLength(1)
  expect(await find(away)).toMatchObject({ status: 'unknown', looks: 1 })
  expect(await listLooks(db, away)).toHaveLength(1)
  expect(await find(last)).toMatchObject({ looks: 1, parked_code: 'no_control' })
  expect(await listLooks(db, last)).toHaveLength(1)
})

test('a mailbox without a folder for what it sends: nobody can tell', async () => {
  const { db } = database
  const email = await insertUnknownEmail(db, mailbox, lastLookSeconds)
  front.faults = { rewrite: (line) => line.replace(/^\* (?:LIST|LSUB) .*Sent.*$/, '* LIST () "/" "Notes"') }
  await inbox.sync(mailbox)
  expect(await find(email)).toMatchObject({ status: 'unknown', parked_code: 'no_sent_folder' })
})

test('what a restored database has forgotten is found where its date says, and its absence proves nothing', async () => {
  const { db } = database
  mailbox = await insertFiling('resend_if_absent')
  const dueAt = toTheSecond(new Date(Date.now() - 5 * 86_400_000))
  const sentAt = new Date(dueAt.getTime() + 86_400_000)
  const forgotten = { claim_id: null, due_at: dueAt }
  const sent = await insertUnknownEmail(db, mailbox, lastLookSeconds, forgotten)
  const lost = await insertUnknownEmail(db, mailbox, lastLookSeconds, forgotten)
  fileInSent(farm, mailbox, sent, { at: sentAt })
  await fileControl(dueAt)
  await inbox.sync(mailbox)
  expect(await find(sent)).toMatchObject({ status: 'sent', sent_at: sentAt })
  expect(await find(lost)).toMatchObject({ status: 'unknown', parked_code: 'forgotten' })
})

test('a mailbox whose server has no slot free for it is not woken again at once', async () => {
  const { db } = database
  const full = await openInbox(database, { slots: 1 })
  const email = await insertUnknownEmail(db, mailbox, 130)
  const leave = full.room.shares.take('127.0.0.1')
  await full.sync(mailbox)
  leave?.()
  await full.close()
  const { next_look_at } = await find(email)
  expect(next_look_at?.getTime()).toBeGreaterThan(Date.now() + 1000)
  expect(await listLooks(db, email)).toEqual([])
})
