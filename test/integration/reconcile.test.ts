import { afterAll, beforeAll, expect, test } from 'vitest'
import { emailProcessing } from '../../src/jobs/email-processing.ts'
import { type ImapFarm, startImapFarm } from '../../src/lab/imap-farm.ts'
import { createSentFiling, type SentFiling } from '../../src/lab/sent-filing.ts'
import { type SmtpProvider, startSmtpProvider } from '../../src/lab/smtp-provider.ts'
import { type JobPool, startPool } from '../../src/queue/pool.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { listLooks } from '../support/doubt.ts'
import { eventually } from '../support/eventually.ts'
import {
  type Email,
  insertCampaign,
  insertLead,
  insertTenant,
  type Mailbox,
  mint,
} from '../support/factories.ts'
import { startFleet } from '../support/fleet.ts'
import { insertImapMailbox, openInbox } from '../support/inbox.ts'
import { listEvents } from '../support/lanes.ts'

// A scheduler, a sender and an inbox process, against a provider that cuts each recipient's first connection after the dot.
let database: TestDatabase
let farm: ImapFarm
let provider: SmtpProvider
let fleet: Awaited<ReturnType<typeof startFleet>>
let inbox: Awaited<ReturnType<typeof openInbox>>
let reading: JobPool
const filings = new Map<string, SentFiling>()

beforeAll(async () => {
  database = await createTestDatabase()
  farm = await startImapFarm()
  provider = await startSmtpProvider({
    behaviours: { 'cut.test': { at: 'dot', do: 'drop', keep: true, times: 1 } },
    onAccepted: (headers, party) => {
      const filing = filings.get(party.sender) ?? { do: 'file' }
      const deliver = (address: string, message: Buffer) => farm.deliver(address, message, { folder: 'Sent' })
      createSentFiling(filing, deliver)(headers, party)
    },
  })
  fleet = await startFleet(database)
  inbox = await openInbox(database, { looksSeconds: [1, 2] })
  reading = startPool(inbox.queue, database.db, {
    queue: 'email-processing',
    label: 'email-processing',
    slots: 10,
    pollIntervalMs: 20,
    handler: emailProcessing(inbox.room),
    onReport: () => {},
    onError: () => {},
    onFatal: () => {},
  })
})
afterAll(async () => {
  await reading.drain()
  await fleet.stop()
  await inbox.close()
  await provider.close()
  await farm.close()
  await database.close()
})

/** A campaign of two emails to one lead whose provider cuts the first, from a mailbox that files like this. */
async function launch(filing: SentFiling): Promise<Mailbox> {
  const { db } = database
  const tenant = await insertTenant(db)
  const login = { port: farm.port, username: `${mint('ann')}@lab.test`, password: farm.password }
  farm.folder(login.username)
  filings.set(login.username, filing)
  // Its first sync is far off: the running scheduler would see it before it has its password.
  const later = { next_sync_at: new Date(Date.now() + 3_600_000) }
  const mailbox = await insertImapMailbox(db, tenant.id, login, { smtp_port: provider.port, ...later })
  await insertLead(db, tenant.id, { email: `${mint('lead')}@cut.test` })
  await insertCampaign(db, tenant.id, [mailbox.id])
  return mailbox
}

const emailsOf = (mailbox: Mailbox): Promise<Email[]> =>
  database.db
    .selectFrom('emails')
    .selectAll()
    .where('email_account_id', '=', mailbox.id)
    .orderBy('created_at')
    .execute()

const acceptedOf = (email: Email | undefined) => provider.accepted.byRef.get(email?.ref ?? '') ?? 0

const ways: SentFiling[] = [{ do: 'file' }, { do: 'rewrite_message_id' }, { do: 'file', afterMs: 1500 }]

test.concurrent.each(ways)(
  'cut off after the dot, and filed so: %o, an email ends sent without a second submission',
  async (filing) => {
    const mailbox = await launch(filing)
    const [first, second] = await eventually(
      async () => {
        const emails = await emailsOf(mailbox)
        return emails.length === 2 && emails.every(({ status }) => status === 'sent') && emails
      },
      { timeoutMs: 20_000 },
    )
    expect(acceptedOf(first)).toBe(1)
    expect(acceptedOf(second)).toBe(1)
    expect(first?.attempt).toBe(1)
    expect(first?.server_message_id === null).toBe(filing.do === 'file')
    expect((await listEvents(database.db, first as Email)).map(({ type }) => type)).toEqual([
      'unknown',
      'sent',
    ])
    const looks = await listLooks(database.db, first as Email)
    expect(looks.at(-1)).toMatchObject({ result: 'found', followed_by: 'sent' })
    await eventually(async () => {
      const campaigns = database.db
        .selectFrom('campaigns')
        .select('status')
        .where('tenant_id', '=', mailbox.tenant_id)
      return (await campaigns.executeTakeFirstOrThrow()).status === 'completed'
    })
  },
)

test.concurrent('cut off after the dot and filed nowhere, it stays unknown, and is not sent again', async () => {
  const mailbox = await launch({ do: 'nothing' })
  const [email] = await eventually(
    async () => {
      const emails = await emailsOf(mailbox)
      return emails[0]?.parked_code != null && emails
    },
    { timeoutMs: 20_000 },
  )
  expect(email).toMatchObject({ status: 'unknown', parked_code: 'provider_unsure' })
  expect(acceptedOf(email)).toBe(1)
  expect(await emailsOf(mailbox)).toHaveLength(1)
})
