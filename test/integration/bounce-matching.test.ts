import { describe, expect, test } from 'vitest'
import { exchangeReport, eximBounce, gmailReport, qmailBounce } from '../../src/lab/report-formats.ts'
import {
  delayedNotice,
  hardBounce,
  complaint as labComplaint,
  mailboxFullBounce,
} from '../../src/lab/reports.ts'
import { useBounces } from '../support/bounces.ts'
import { deliveryReport } from '../support/delivery-reports.ts'
import { type Email, insertMailbox } from '../support/factories.ts'
import { insertInboundMessage, insertSentEmail } from '../support/inbound.ts'
import { providerReports } from '../unit/bounces/reports/provider-reports.ts'
import type { ReportCase } from '../unit/bounces/reports/report-case.ts'
import { serverReports } from '../unit/bounces/reports/server-reports.ts'
import { standardReports } from '../unit/bounces/reports/standard-reports.ts'

const day = 86_400_000

const {
  ground,
  work,
  arrive,
  enrol,
  ofStep,
  sendTo,
  readReport,
  listFacts,
  listSuppressions,
  readCounters,
  refusal,
} = useBounces()

describe('matching', () => {
  const ours = (email: Email, text: string): string =>
    text
      .replaceAll('<c1-42@sender.example>', email.message_id ?? '')
      .replaceAll('lena@sender.example', ground.mailbox.email_address)
      .replaceAll('kai@example.org', email.to_address)

  const formats: ReportCase[] = [...standardReports, ...serverReports, ...providerReports]

  test.each(formats.map((one) => [one.format, one] as const))('%s', async (_format, { message }) => {
    const email = await sendTo(await enrol())
    const ref = await arrive(ours(email, message))
    expect(await readReport(ref)).toMatchObject({ status: 'processed', email_id: email.id })
    expect((await listFacts()).map(({ address }) => address)).toEqual([email.to_address])
  })

  const labFormats = {
    complaint: labComplaint,
    delayedNotice,
    eximBounce,
    exchangeReport,
    gmailReport,
    hardBounce,
    mailboxFullBounce,
    qmailBounce,
  }

  test.each(Object.entries(labFormats))('the lab: %s', async (_name, write) => {
    const email = await sendTo(await enrol())
    const original = {
      messageId: email.message_id ?? '',
      ref: email.ref ?? '',
      from: ground.mailbox.email_address,
      to: email.to_address,
      subject: 'Quick question',
      date: new Date(),
    }
    const ref = await arrive(write({ original, now: new Date() }).toString('latin1'))
    expect(await readReport(ref)).toMatchObject({ status: 'processed', email_id: email.id })
    expect((await listFacts()).map(({ address }) => address)).toEqual([email.to_address])
  })

  test('a token in the address that the report came to', async () => {
    const email = await sendTo(await enrol())
    const [local, domain] = ground.mailbox.email_address.split('@')
    const message = deliveryReport({
      mailbox: `${local}+${email.ref}@${domain}`,
      recipients: [{ address: 'somebody@far.test' }],
    })
    expect(await readReport(await arrive(message))).toMatchObject({ email_id: email.id, matched_by: 'verp' })
  })

  test('the ID that the server gave the message, our own reference, and what the report answers', async () => {
    const recipients = [{ address: 'somebody@far.test' }]
    const report = { mailbox: ground.mailbox.email_address, recipients }
    const [a, b, c] = await Promise.all([1, 2, 3].map(async () => sendTo(await enrol())))
    if (!a || !b || !c) throw new Error('three emails')
    await ground.database.db
      .updateTable('emails')
      .set({ server_message_id: '<0101@email.amazonses.com>' })
      .where('id', '=', a.id)
      .execute()
    const rewritten = await arrive(
      deliveryReport({ ...report, returned: { messageId: '<0101@email.amazonses.com>' } }),
    )
    expect(await readReport(rewritten)).toMatchObject({ email_id: a.id, matched_by: 'message_id' })
    const referred = await arrive(
      deliveryReport({ ...report, returned: { messageId: '<else@far.test>', ref: b.ref ?? '' } }),
    )
    expect(await readReport(referred)).toMatchObject({ email_id: b.id, matched_by: 'ref' })
    const answering = await arrive(deliveryReport({ ...report, headers: `In-Reply-To: ${c.message_id}` }))
    expect(await readReport(answering)).toMatchObject({ email_id: c.id, matched_by: 'thread' })
  })

  test('behind a forwarder it is the address that we mailed that is suppressed', async () => {
    const email = await sendTo(await enrol())
    await arrive(refusal(email, { address: 'new.home@elsewhere.test' }))
    expect(await listSuppressions()).toMatchObject([{ value: email.to_address }])
    expect(await listFacts()).toMatchObject([{ evidence: { reportedAddress: 'new.home@elsewhere.test' } }])
  })

  test('an Original-Recipient names the address that we mailed, where nothing was returned', async () => {
    const email = await sendTo(await enrol())
    const recipients = [{ address: 'new.home@elsewhere.test', original: email.to_address }]
    const ref = await arrive(deliveryReport({ mailbox: ground.mailbox.email_address, recipients }))
    expect(await readReport(ref)).toMatchObject({ email_id: email.id, matched_by: 'original_recipient' })
  })

  test('each of several recipients is matched to its own email; strangers among them to none', async () => {
    const emails = [await sendTo(await enrol()), await sendTo(await enrol()), await sendTo(await enrol())]
    const [dead, full, slow] = emails.map(({ to_address }) => to_address)
    await arrive(
      deliveryReport({
        mailbox: ground.mailbox.email_address,
        recipients: [
          { address: dead ?? '' },
          { address: full ?? '', status: '5.2.2', diagnostic: 'smtp; 552 5.2.2 Mailbox full' },
          {
            address: slow ?? '',
            status: '4.4.1',
            action: 'delayed',
            diagnostic: 'smtp; 451 4.4.1 No answer',
          },
          { address: 'stranger@far.test' },
        ],
      }),
    )
    const facts = (await listFacts()).map(({ address, bounce_type }) => [address, bounce_type])
    expect(new Map(facts as [string, string][])).toEqual(
      new Map([
        [dead, 'hard'],
        [full, 'soft'],
        [slow, 'delayed'],
      ]),
    )
    expect(await listSuppressions()).toMatchObject([{ value: dead }])
  })

  test('a recipient alone matches for seven days, and not before it was mailed', async () => {
    const email = await sendTo(await enrol())
    const recipients = [{ address: email.to_address }]
    const report = () => deliveryReport({ mailbox: ground.mailbox.email_address, recipients })
    await ground.database.db
      .updateTable('emails')
      .set({ sent_at: new Date(Date.now() - 8 * day), claimed_at: new Date(Date.now() - 8 * day) })
      .where('id', '=', email.id)
      .execute()
    expect(await readReport(await arrive(report()))).toMatchObject({ status: 'unmatched', email_id: null })
    const early = new Date(Date.now() - 9 * day)
    expect(await readReport(await arrive(report(), early))).toMatchObject({ status: 'unmatched' })
    const inTime = new Date(Date.now() - 2 * day)
    expect(await readReport(await arrive(report(), inTime))).toMatchObject({ matched_by: 'recency' })
  })

  test('backscatter is kept, with why, and nothing is done to anybody', async () => {
    const elsewhere = await insertMailbox(ground.database.db, ground.mailbox.tenant_id)
    const email = await insertSentEmail(ground.database.db, elsewhere, ofStep(await enrol(), 0))
    // Each names an address that another mailbox wrote to, or a message that is not ours.
    const own = await sendTo(await enrol())
    const refs = [
      await arrive(refusal(email)),
      await arrive(refusal({ ...email, message_id: '<forged@far.test>' })),
      await arrive(
        deliveryReport({
          mailbox: ground.mailbox.email_address,
          recipients: [{ address: own.to_address }],
          returned: { messageId: '<spam@far.test>', from: 'joe@job.test' },
        }),
      ),
    ]
    for (const ref of refs)
      expect(await readReport(ref)).toMatchObject({ status: 'unmatched', reason: expect.any(String) })
    expect([await listFacts(), await listSuppressions(), await readCounters()]).toEqual([[], [], []])
  })

  test('mail that is no report is unmatched, a body that does not unpack unreadable', async () => {
    const other = await arrive('From: ada@oak.test\nSubject: Hello\n\nThanks, let us talk.\n')
    expect(await readReport(other)).toMatchObject({
      status: 'unmatched',
      reason: expect.stringContaining('report'),
    })
    const broken = await insertInboundMessage(ground.database.db, ground.mailbox, 'broken')
    await ground.database.db
      .updateTable('email_bodies')
      .set({ body: Buffer.from('not brotli') })
      .execute()
    await work(broken)
    expect(await readReport(broken)).toMatchObject({ status: 'unreadable' })
  })
})
