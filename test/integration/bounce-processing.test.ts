import { describe, expect, test } from 'vitest'
import { claimForgottenReports } from '../../src/bounces/report-store.ts'
import { settleEmails } from '../../src/sending/settle-store.ts'
import { useBounces } from '../support/bounces.ts'
import { complaint } from '../support/delivery-reports.ts'
import { type Email, insertEmail } from '../support/factories.ts'
import { insertInboundMessage, insertSubmittingEmail } from '../support/inbound.ts'

const {
  ground,
  work,
  arrive,
  enrol,
  ofStep,
  sendTo,
  readEmail,
  readReport,
  readEnrolment,
  listEvents,
  listFacts,
  listSuppressions,
  readCounters,
  refusal,
} = useBounces()

describe('a report about a dead address', () => {
  test('is written to the ledger, the events and the counters; the lead is left alone from then on', async () => {
    const lead = await enrol()
    const email = await sendTo(lead)
    const followUp = await insertEmail(ground.database.db, ground.mailbox, ofStep(lead, 1))
    const ref = await arrive(refusal(email))

    const at = (await readReport(ref)).internal_date
    expect(await readEmail(email)).toMatchObject({
      bounced_at: at,
      bounce_type: 'hard',
      bounce_reason: 'invalid_recipient',
    })
    expect(await listEvents(email)).toMatchObject([
      {
        class: 'delivery',
        type: 'bounced',
        occurred_at: at,
        sent_on: email.sent_on,
        data: { status: '5.1.1' },
      },
    ])
    expect(await listFacts()).toMatchObject([
      { address: lead.email, bounce_class: 'invalid_recipient', smtp_code: 550, address_dead: true },
    ])
    expect(await readEnrolment(lead)).toMatchObject({ status: 'stopped', stopped_code: 'bounced' })
    expect(await listSuppressions()).toMatchObject([
      {
        value: lead.email,
        reason: 'invalid_recipient',
        source: 'bounce',
        expires_at: null,
        evidence: { reportId: ref.messageId, status: '5.1.1', smtpCode: '550', events: 1 },
      },
    ])
    expect(await readEmail(followUp)).toMatchObject({ status: 'skipped', reason_code: 'suppressed' })
    const counted = { hard: 1, soft: 0, blocked: 0, complaints: 0 }
    expect(await readCounters()).toEqual([
      { subject_type: 'mailbox', subject: ground.mailbox.id, ...counted },
      { subject_type: 'recipient_domain', subject: 'recipient.test', ...counted },
    ])
    expect(await readReport(ref)).toMatchObject({
      status: 'processed',
      email_id: email.id,
      campaign_id: ground.campaignId,
      lead_id: lead.id,
      matched_by: 'message_id',
    })
  })

  test('acts once when its job runs again', async () => {
    const email = await sendTo(await enrol())
    const ref = await arrive(refusal(email))
    expect(await work(ref)).toEqual([{ kind: 'done', changed: 0 }])
    expect(await listEvents(email)).toHaveLength(1)
    expect(await readCounters()).toMatchObject([{ hard: 1 }, { hard: 1 }])
  })

  test('acts once when several processes have it at the same time', async () => {
    const email = await sendTo(await enrol())
    const ref = await insertInboundMessage(ground.database.db, ground.mailbox, refusal(email))
    const outcomes = await work(ref, ref, ref, ref, ref)
    expect(outcomes.filter((outcome) => outcome.kind === 'done' && outcome.changed === 1)).toHaveLength(1)
    expect(await listEvents(email)).toHaveLength(1)
  })

  test('that comes twice, by two servers, counts once, and the first moment stands', async () => {
    const email = await sendTo(await enrol())
    const first = new Date(Date.now() - 30_000)
    const refs = [
      await insertInboundMessage(ground.database.db, ground.mailbox, refusal(email), {
        internal_date: first,
      }),
      await insertInboundMessage(
        ground.database.db,
        ground.mailbox,
        refusal(email, { diagnostic: 'smtp; 550 No such user' }),
      ),
    ]
    for (const ref of refs) await work(ref)
    expect(await listFacts()).toHaveLength(2)
    expect(await listEvents(email)).toHaveLength(1)
    expect((await readEmail(email)).bounced_at).toEqual(first)
    expect(await readCounters()).toMatchObject([{ hard: 1 }, { hard: 1 }])
  })
})

describe('proof', () => {
  test('a report about an email that is still on the wire proves it sent; the settle fills the gaps', async () => {
    const lead = await enrol()
    const email = await insertSubmittingEmail(ground.database.db, ground.mailbox, ofStep(lead, 0))
    await arrive(refusal(email))
    expect(await readEmail(email)).toMatchObject({
      status: 'sent',
      sent_at: email.claimed_at,
      bounce_type: 'hard',
      reply_code: null,
    })
    await ground.database.db.transaction().execute((trx) => settleEmails(trx, [acceptance(email)]))
    expect(await readEmail(email)).toMatchObject({
      status: 'sent',
      sent_at: email.claimed_at,
      reply_code: 250,
    })
    expect((await listEvents(email)).map(({ type }) => type)).toEqual(['bounced', 'sent'])
    expect(await readEnrolment(lead)).toMatchObject({ status: 'stopped', plan_at: null })
  })

  test('an unknown email that a success report speaks of is sent, and its sequence goes on', async () => {
    const lead = await enrol()
    const email = await insertSubmittingEmail(ground.database.db, ground.mailbox, {
      ...ofStep(lead, 0),
      status: 'unknown',
      reason_code: 'lost',
      error_message: 'the connection was lost',
    })
    await arrive(refusal(email, { action: 'delivered', status: '2.0.0', diagnostic: 'smtp; 250 OK' }))
    expect(await readEmail(email)).toMatchObject({ status: 'sent', bounced_at: null })
    expect(await listFacts()).toEqual([])
    expect((await readEnrolment(lead)).plan_at).not.toBeNull()
  })
})

const acceptance = (email: Email) => ({
  tenantId: email.tenant_id,
  id: email.id,
  attempt: email.attempt,
  status: 'sent' as const,
  agoMs: 0,
  delaySeconds: 0,
  countsAsFailure: false,
  giveBack: false,
  code: null,
  reason: null,
  replyCode: 250,
  enhancedStatus: '2.0.0',
  replyText: 'queued',
  serverMessageId: null,
  subject: 'Quick question',
  budgetKeys: [],
})

describe('complaints', () => {
  test('with a redacted recipient reach the lead by our Message-ID, and are for ever', async () => {
    const lead = await enrol()
    const email = await sendTo(lead)
    await arrive(
      complaint({ mailbox: ground.mailbox.email_address, returned: { messageId: email.message_id ?? '' } }),
    )
    expect(await readEmail(email)).toMatchObject({ complained_at: expect.any(Date), bounced_at: null })
    expect(await listEvents(email)).toMatchObject([{ class: 'engagement', type: 'complained' }])
    expect(await listSuppressions()).toMatchObject([
      { value: lead.email, reason: 'complaint', source: 'complaint', expires_at: null },
    ])
    expect(await readEnrolment(lead)).toMatchObject({ status: 'stopped', stopped_code: 'complained' })
    expect(await readCounters()).toMatchObject([{ complaints: 1, hard: 0 }, { complaints: 1 }])
  })

  test.each(['auth-failure', 'not-spam'])('%s is recorded and touches nobody', async (feedbackType) => {
    const lead = await enrol()
    const email = await sendTo(lead)
    const returned = { messageId: email.message_id ?? '' }
    await arrive(
      complaint({ mailbox: ground.mailbox.email_address, feedbackType, recipient: lead.email, returned }),
    )
    expect(await listFacts()).toMatchObject([{ bounce_type: 'other', bounce_class: 'report' }])
    expect([await listEvents(email), await listSuppressions(), await readCounters()]).toEqual([[], [], []])
    expect(await readEnrolment(lead)).toMatchObject({ status: 'active' })
  })

  test('an opt-out unsubscribes, once', async () => {
    const lead = await enrol()
    const email = await sendTo(lead)
    const optOut = () =>
      complaint({
        mailbox: ground.mailbox.email_address,
        feedbackType: 'opt-out',
        returned: { messageId: email.message_id ?? '' },
      })
    await arrive(optOut())
    await arrive(optOut())
    expect(await listEvents(email)).toMatchObject([{ type: 'unsubscribed' }])
    expect(await listSuppressions()).toMatchObject([{ source: 'unsubscribe', expires_at: null }])
    expect(await readEnrolment(lead)).toMatchObject({ stopped_code: 'unsubscribed' })
  })
})

test('a report whose job was lost is taken up again, at longer and longer intervals', async () => {
  const ref = await insertInboundMessage(
    ground.database.db,
    ground.mailbox,
    refusal(await sendTo(await enrol())),
  )
  const waitingMinutes = (minutes: number) =>
    ground.database.db
      .updateTable('email_messages')
      .set({ received_at: new Date(Date.now() - minutes * 60_000) })
      .where('id', '=', ref.messageId)
      .execute()
  const forgotten = async () =>
    (await ground.database.db.transaction().execute((trx) => claimForgottenReports(trx, 1000))).filter(
      ({ messageId }) => messageId === ref.messageId,
    )
  expect(await forgotten()).toEqual([])
  await waitingMinutes(11)
  expect(await forgotten()).toEqual([ref])
  expect(await forgotten()).toEqual([])
  await waitingMinutes(41)
  expect(await forgotten()).toEqual([ref])
  await waitingMinutes(10_000)
  await work(ref)
  expect(await forgotten()).toEqual([])
})
