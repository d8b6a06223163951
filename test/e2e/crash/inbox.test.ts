import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ImapFarm, startImapFarm } from '../../../src/lab/imap-farm.ts'
import { humanReply } from '../../../src/lab/replies.ts'
import { hardBounce } from '../../../src/lab/reports.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { eventually } from '../../support/eventually.ts'
import {
  type Email,
  insertCampaign,
  insertLead,
  insertTenant,
  type Mailbox,
  mint,
} from '../../support/factories.ts'
import { insertSentEmail } from '../../support/inbound.ts'
import { insertImapMailbox, masterKey } from '../../support/inbox.ts'
import { openWorkerHome } from '../../support/worker.ts'

const mailboxCount = 5
const answersEach = 80

let database: TestDatabase
let farm: ImapFarm
let home: Awaited<ReturnType<typeof openWorkerHome>>

beforeEach(async () => {
  database = await createTestDatabase()
  farm = await startImapFarm()
  home = await openWorkerHome(database.url, { ROOKERY_MASTER_KEY: masterKey.toString('base64') })
})
afterEach(async () => {
  await home.close()
  await farm.close()
  await database.close()
})

/** Every second lead of each mailbox replies; the others' addresses do not exist. */
async function deliverAnswers(): Promise<void> {
  const { db } = database
  const tenant = await insertTenant(db)
  for (let n = 0; n < mailboxCount; n += 1) {
    const login = { port: farm.port, username: `${mint('ann')}@lab.test`, password: farm.password }
    const mailbox = await insertImapMailbox(db, tenant.id, login)
    const { campaign, steps } = await insertCampaign(db, tenant.id, [mailbox.id], { status: 'paused' })
    for (let at = 0; at < answersEach; at += 1) {
      const lead = await insertLead(db, tenant.id)
      const place = { campaign_id: campaign.id, lead_id: lead.id, step_id: steps[0]?.id ?? '' }
      const sent = await insertSentEmail(db, mailbox, place)
      farm.deliver(mailbox.email_address, answer(mailbox, sent, at % 2 === 0))
    }
  }
}

function answer(mailbox: Mailbox, sent: Email, replies: boolean): Buffer {
  const original = {
    messageId: sent.message_id ?? '',
    ref: sent.ref ?? '',
    from: mailbox.email_address,
    to: sent.to_address,
    subject: 'Hello',
    date: sent.claimed_at ?? new Date(),
  }
  return replies ? humanReply({ original, now: new Date() }) : hardBounce({ original, now: new Date() })
}

const countMessages = async () =>
  (await database.db.selectFrom('email_messages').select('id').execute()).length

const untilMessages = (count: number) =>
  eventually(async () => (await countMessages()) >= count, { timeoutMs: 60_000, intervalMs: 10 })

test('inbox processes that are killed in mid-work leave each message processed exactly once', async () => {
  await deliverAnswers()
  const total = mailboxCount * answersEach
  home.start('scheduler')
  const first = home.start('inbox')
  await untilMessages(20)
  await first.end('SIGKILL')
  const afterFirst = await countMessages()
  expect(afterFirst).toBeLessThan(total)
  const second = home.start('inbox')
  const third = home.start('inbox')
  await untilMessages(afterFirst + 40)
  await second.end('SIGKILL')
  expect(await countMessages()).toBeLessThan(total)
  await untilMessages(total)
  await third.end('SIGTERM')

  const { db } = database
  const replied = await db
    .selectFrom('email_events')
    .select('email_id')
    .where('type', '=', 'replied')
    .execute()
  expect(replied).toHaveLength(total / 2)
  expect(new Set(replied.map(({ email_id }) => email_id)).size).toBe(total / 2)
  const reports = await db
    .selectFrom('jobs')
    .select('payload')
    .where('queue_name', '=', 'bounce-processing')
    .execute()
  expect(reports).toHaveLength(total / 2)
  const messages = await db.selectFrom('email_messages').select(['message_type', 'message_sha256']).execute()
  expect(messages).toHaveLength(total)
  expect(new Set(messages.map(({ message_sha256 }) => message_sha256?.toString('hex'))).size).toBe(total)
  expect(messages.filter(({ message_type }) => message_type === 'unreadable')).toEqual([])
})
