import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { lockPendingRefusals } from '../../src/bounces/refusal-store.ts'
import { systemClock } from '../../src/core/clock.ts'
import { actOnRefusals } from '../../src/jobs/bounces/act-on-refusals.ts'
import { createSettler } from '../../src/jobs/sending/settler.ts'
import { startSmtpProvider } from '../../src/lab/smtp-provider.ts'
import type { ClaimedEmail } from '../../src/sending/claim-emails.ts'
import type { SettlementInput } from '../../src/sending/settle-store.ts'
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
import { claimFor, findEmail, outcomeOf } from '../support/lanes.ts'
import { openTransaction } from '../support/two-connections.ts'

let database: TestDatabase
let mailbox: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.close())

beforeEach(async () => {
  await actOnRefusals(database.db)
  const tenant = await insertTenant(database.db)
  mailbox = await insertMailbox(database.db, tenant.id)
})

const unknownUser = {
  replyCommand: 'RCPT TO',
  enhancedStatus: '5.1.1',
  replyText: 'The email account that you tried to reach does not exist',
} as const

async function claimedTo(address: string): Promise<ClaimedEmail> {
  await insertEmail(database.db, mailbox, { to_address: address })
  const [email] = await claimFor(database.db, mailbox, 1)
  if (!email) throw new Error('nothing was claimed')
  return email
}

/** As a sending process writes them: in one transaction. */
async function settle(...settlements: SettlementInput[]): Promise<boolean[]> {
  const settler = createSettler(database.db, {
    coalesceMs: 1,
    clock: systemClock,
    spoolDirectory: '/nonexistent',
    onRefused: (_outcome, error) => {
      throw error
    },
  })
  const now = systemClock.monotonicMs()
  return Promise.all(settlements.map((one) => settler.settle({ ...one, monotonicMs: now - one.agoMs })))
}

async function refuse(address: string, overrides: Partial<SettlementInput> = unknownUser) {
  const email = await claimedTo(address)
  const status = overrides.status === 'scheduled' ? 'scheduled' : 'failed'
  await settle(outcomeOf(email, status, overrides))
  return email
}

const listOf = (table: 'suppressions' | 'email_bounces') =>
  database.db.selectFrom(table).selectAll().where('tenant_id', '=', mailbox.tenant_id).execute()

const readCounters = () =>
  database.db
    .selectFrom('delivery_counters')
    .select((eb) => [
      'subject_type',
      'subject',
      eb.fn.sum<number>('hard').as('hard'),
      eb.fn.sum<number>('soft').as('soft'),
      eb.fn.sum<number>('blocked').as('blocked'),
    ])
    .where('tenant_id', '=', mailbox.tenant_id)
    .groupBy(['subject_type', 'subject'])
    .orderBy('subject_type')
    .execute()

const day = 86_400_000

describe('a refusal in our own session', () => {
  test('suppresses the dead address, skips what waits for it, and counts, as a report does', async () => {
    const email = await refuse('gone@olive.test')
    const waiting = await insertEmail(database.db, mailbox, { to_address: 'gone@olive.test' })
    await actOnRefusals(database.db)

    expect(await listOf('email_bounces')).toMatchObject([
      {
        email_id: email.id,
        report_id: null,
        bounce_type: 'hard',
        bounce_class: 'invalid_recipient',
        status_code: '5.1.1',
        smtp_code: 550,
        pending: false,
      },
    ])
    expect(await listOf('suppressions')).toMatchObject([
      {
        value: 'gone@olive.test',
        reason: 'invalid_recipient',
        source: 'bounce',
        expires_at: null,
        evidence: { emailId: email.id, matchedBy: 'session', smtpCode: '550', events: 1 },
      },
    ])
    expect(await findEmail(database.db, waiting)).toMatchObject({
      status: 'skipped',
      reason_code: 'suppressed',
    })
    expect(await readCounters()).toEqual([
      { subject_type: 'mailbox', subject: mailbox.id, hard: 1, soft: 0, blocked: 0 },
      { subject_type: 'recipient_domain', subject: 'olive.test', hard: 1, soft: 0, blocked: 0 },
    ])
  })

  test.each([
    [
      'of our content',
      'end of DATA',
      '5.7.1',
      'Message rejected as spam by Content Filtering',
      'spam_content',
    ],
    [
      'of our network',
      'RCPT TO',
      '5.7.1',
      'Service unavailable; Client host blocked using Spamhaus',
      'sender_blocked',
    ],
    ['to relay', 'RCPT TO', '5.7.1', 'Relaying denied', 'relay_denied'],
  ] as const)(
    '%s suppresses nobody, however often',
    async (_what, replyCommand, status, replyText, reason) => {
      for (let n = 0; n < 3; n += 1)
        await refuse('well@olive.test', {
          replyCommand,
          enhancedStatus: status,
          replyText,
          agoMs: n * 10 * day,
        })
      await actOnRefusals(database.db)
      expect(await listOf('email_bounces')).toMatchObject(new Array(3).fill({ bounce_class: reason }))
      expect(await listOf('suppressions')).toEqual([])
      expect((await readCounters()).map(({ blocked }) => blocked)).toEqual([3, 3])
    },
  )

  test('of a full mailbox suppresses when it has become too often', async () => {
    const full = { ...unknownUser, enhancedStatus: '5.2.2', replyText: 'Mailbox full' }
    for (const daysAgo of [20, 10]) await refuse('full@olive.test', { ...full, agoMs: daysAgo * day })
    await actOnRefusals(database.db)
    expect(await listOf('suppressions')).toEqual([])
    await refuse('full@olive.test', full)
    await actOnRefusals(database.db)
    expect(await listOf('suppressions')).toMatchObject([{ reason: 'mailbox_full', evidence: { events: 3 } }])
  })

  test('that is tried again, or that no server gave, is not noted', async () => {
    await refuse('later@olive.test', { ...unknownUser, status: 'scheduled', replyCode: 450 })
    await refuse('bad@olive.test', { code: 'content', replyCode: null })
    await refuse('sender@olive.test', { ...unknownUser, replyCommand: 'MAIL FROM' })
    expect(await listOf('email_bounces')).toEqual([])
  })

  test('is noted once when its settlement is written twice', async () => {
    const email = await refuse('gone@olive.test')
    expect(await settle(outcomeOf(email, 'failed', unknownUser))).toEqual([false])
    expect(await listOf('email_bounces')).toHaveLength(1)
  })

  test('is noted for the attempt that counts, not for one that was superseded', async () => {
    const email = await claimedTo('gone@olive.test')
    const { db } = database
    await db.updateTable('emails').set({ attempt: 2 }).where('id', '=', email.id).execute()
    const first = outcomeOf(email, 'failed', unknownUser)
    await settle(first, { ...first, attempt: 2 })
    expect(await listOf('email_bounces')).toMatchObject([{ evidence: { attempt: 2 } }])
  })

  test('that one process has taken up is left alone by the others', async () => {
    await refuse('gone@olive.test')
    const other = await openTransaction(database.db)
    expect(await lockPendingRefusals(other.trx, 10)).toHaveLength(1)
    expect(await actOnRefusals(database.db)).toEqual({ refusals: 0, more: false })
    await other.commit()
    expect(await actOnRefusals(database.db)).toEqual({ refusals: 1, more: false })
  })

  test('that was noted before the process died is acted on once by its successors', async () => {
    for (let n = 0; n < 5; n += 1) await refuse(`gone${n}@olive.test`)
    expect(await listOf('suppressions')).toEqual([])
    await Promise.all([1, 2, 3].map(() => actOnRefusals(database.db)))
    expect(await actOnRefusals(database.db)).toEqual({ refusals: 0, more: false })
    expect(await listOf('suppressions')).toHaveLength(5)
    expect((await readCounters()).map(({ hard }) => hard)).toEqual([5, 5])
  })
})

test('whom the provider refuses as unknown is suppressed, whom it refuses for us is not', async () => {
  const { db } = database
  const provider = await startSmtpProvider({})
  const fleet = await startFleet(database)
  try {
    const sender = await insertMailbox(db, mailbox.tenant_id, { smtp_port: provider.port })
    const addresses = [
      'gone@reject-rcpt.test',
      'well@reject-dot.test',
      'late@greylist.test',
      'fine@olive.test',
    ]
    for (const email of addresses) await insertLead(db, mailbox.tenant_id, { email })
    await insertCampaign(db, mailbox.tenant_id, [sender.id], { steps: [{}] })
    await eventually(async () => {
      const facts = await listOf('email_bounces')
      expect(facts).toHaveLength(2)
      expect(facts.filter(({ pending }) => pending)).toEqual([])
    })
    expect(await listOf('suppressions')).toMatchObject([
      { value: 'gone@reject-rcpt.test', reason: 'invalid_recipient' },
    ])
  } finally {
    await fleet.stop()
    await provider.close()
  }
})
