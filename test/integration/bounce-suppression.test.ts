import { describe, expect, test } from 'vitest'
import { useBounces } from '../support/bounces.ts'
import { type Email, insertEmail } from '../support/factories.ts'
import { insertInboundMessage, insertSentEmail } from '../support/inbound.ts'

const day = 86_400_000

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
  listSuppressions,
  readCounters,
  refusal,
} = useBounces()

test.each([
  ['no date that can be read', new Date(0)],
  ['a date in the future', new Date(Date.now() + 400 * day)],
])('a report that the server gave %s counts from when it was read', async (_what, date) => {
  const email = await sendTo(await enrol())
  const before = Date.now() - 60_000
  await arrive(
    refusal(email, { status: '5.1.2', diagnostic: 'smtp; 550 5.1.2 Bad destination system' }),
    date,
  )
  const bouncedAt = (await readEmail(email)).bounced_at?.getTime() ?? 0
  expect(bouncedAt).toBeGreaterThan(before)
  expect(bouncedAt).toBeLessThan(Date.now() + 60_000)
  const [suppression] = await listSuppressions()
  expect(suppression?.expires_at?.getTime()).toBe(bouncedAt + 180 * day)
})

describe('failures that may pass', () => {
  const full = (email: Email) =>
    refusal(email, { status: '5.2.2', diagnostic: 'smtp; 552 5.2.2 Mailbox full' })
  const daysAgo = (days: number) => new Date(Date.now() - days * day)

  test('suppress at the third full mailbox over fourteen days, for 180 days', async () => {
    const lead = await enrol()
    const email = await sendTo(lead)
    await arrive(full(email), daysAgo(20))
    await arrive(full(email), daysAgo(19))
    const second = await insertSentEmail(ground.database.db, ground.mailbox, { to_address: lead.email })
    await arrive(full(second), daysAgo(10))
    expect(await listSuppressions()).toEqual([])
    const third = await insertSentEmail(ground.database.db, ground.mailbox, { to_address: lead.email })
    const last = await arrive(full(third), daysAgo(1))
    const { internal_date } = await readReport(last)
    expect(await listSuppressions()).toMatchObject([
      {
        reason: 'mailbox_full',
        evidence: { events: 3 },
        expires_at: new Date(internal_date.getTime() + 180 * day),
      },
    ])
    expect(await readEnrolment(lead)).toMatchObject({ status: 'stopped', stopped_code: 'suppressed' })
  })

  test('begin anew after an answer, and follow what the tenant has set', async () => {
    await ground.database.db
      .updateTable('tenants')
      .set({
        settings: JSON.stringify({
          suppressionPolicy: { reasons: { mailbox_full: { events: 2 } }, expireDays: 10 },
        }),
      })
      .where('id', '=', ground.mailbox.tenant_id)
      .execute()
    const lead = await enrol()
    const first = await sendTo(lead, { replied_at: daysAgo(3) })
    await arrive(full(first), daysAgo(4))
    const second = await insertSentEmail(ground.database.db, ground.mailbox, { to_address: lead.email })
    await arrive(full(second), daysAgo(2))
    expect(await listSuppressions()).toEqual([])
    const third = await insertSentEmail(ground.database.db, ground.mailbox, { to_address: lead.email })
    const at = daysAgo(1)
    await arrive(full(third), at)
    expect(await listSuppressions()).toMatchObject([{ expires_at: new Date(at.getTime() + 10 * day) }])
  })

  test('counted by processes at the same time are counted right', async () => {
    const lead = await enrol()
    const emails = [await sendTo(lead)]
    for (let n = 0; n < 2; n += 1)
      emails.push(await insertSentEmail(ground.database.db, ground.mailbox, { to_address: lead.email }))
    const refs = []
    for (const [n, email] of emails.entries())
      refs.push(
        await insertInboundMessage(ground.database.db, ground.mailbox, full(email), {
          internal_date: daysAgo(20 - 9 * n),
        }),
      )
    await work(...refs)
    expect(await listSuppressions()).toMatchObject([{ reason: 'mailbox_full' }])
  })

  test('a delay holds the follow-up for a day and is no bounce', async () => {
    const lead = await enrol()
    const email = await sendTo(lead)
    const followUp = await insertEmail(ground.database.db, ground.mailbox, ofStep(lead, 1))
    const ref = await arrive(
      refusal(email, { status: '4.4.1', action: 'delayed', diagnostic: 'smtp; 451 4.4.1 No answer' }),
    )
    const { internal_date } = await readReport(ref)
    expect(await readEnrolment(lead)).toMatchObject({
      status: 'active',
      held_until: new Date(internal_date.getTime() + day),
    })
    expect((await readEmail(email)).bounced_at).toBeNull()
    expect((await readEmail(followUp)).due_at).toEqual(new Date(internal_date.getTime() + day))
    expect([await listEvents(email), await readCounters()]).toEqual([[], []])
  })

  test('a refusal for our own sake counts against us and not against the address', async () => {
    const lead = await enrol()
    const email = await sendTo(lead)
    await arrive(
      refusal(email, {
        status: '5.7.1',
        diagnostic:
          'smtp; 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org',
      }),
    )
    expect(await readEmail(email)).toMatchObject({ bounce_type: 'soft', bounce_reason: 'sender_blocked' })
    expect(await readCounters()).toMatchObject([{ blocked: 1, soft: 0 }, { blocked: 1 }])
    expect(await listSuppressions()).toEqual([])
    expect(await readEnrolment(lead)).toMatchObject({ status: 'active' })
  })

  test('a domain that is not there is suppressed whole, with proof that we mailed it', async () => {
    const email = await sendTo(await enrol(), { to_address: 'kai@gone.test' })
    await arrive(
      refusal(email, {
        status: '5.1.2',
        diagnostic: 'smtp; 550 5.1.2 Host or domain name not found (NXDOMAIN)',
      }),
    )
    expect(await listSuppressions()).toMatchObject([{ scope: 'domain', value: 'gone.test' }])
    const forwarded = await sendTo(await enrol(), { to_address: 'kai@forwards.test' })
    await arrive(
      refusal(forwarded, {
        address: 'kai@vanished.test',
        status: '5.1.2',
        diagnostic: 'smtp; 550 5.1.2 vanished.test: Host or domain name not found (NXDOMAIN)',
      }),
    )
    const values = (await listSuppressions()).map(({ value }) => value)
    expect(values).toContain('kai@forwards.test')
    expect(values).not.toContain('forwards.test')
    const other = await sendTo(await enrol(), { to_address: 'kai@lost.test' })
    await arrive(refusal(other, { status: '5.1.2', diagnostic: 'smtp; 550 5.1.2 Bad destination system' }))
    expect((await listSuppressions()).map(({ value }) => value)).toContain('kai@lost.test')
  })
})
