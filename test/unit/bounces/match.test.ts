import { describe, expect, test } from 'vitest'
import { findClues } from '../../../src/bounces/clues.ts'
import { type MailedEmail, matchRecipients } from '../../../src/bounces/match.ts'
import { parseReport } from '../../../src/bounces/parse-report.ts'
import { deliveryReport, type ReportOptions } from '../../support/delivery-reports.ts'

const mailbox = 'robin@sender.test'
const ref = '0123456789abcdef0123456789abcdef'
const otherRef = 'f'.repeat(32)

const email = (overrides: Partial<MailedEmail> = {}): MailedEmail => ({
  tenantId: 'acme',
  id: 'first',
  mailboxId: 'robin',
  to: 'kai@oak.test',
  messageId: `<${ref}@sender.test>`,
  serverMessageId: null,
  ref,
  campaignId: null,
  leadId: null,
  ...overrides,
})

const second = email({ id: 'second', to: 'mia@elm.test', messageId: '<second@sender.test>', ref: otherRef })

/** What becomes of a report, given these emails and the latest to each address. */
function match(
  options: Omit<ReportOptions, 'mailbox'> & { to?: string },
  sent: MailedEmail[],
  recent = sent,
) {
  const message = Buffer.from(deliveryReport({ mailbox: options.to ?? mailbox, ...options }))
  const verdict = parseReport(message)
  const clues = findClues(verdict, message, mailbox)
  const latest = new Map(recent.map((one) => [one.to, one]))
  return matchRecipients(verdict, clues, mailbox, sent, latest).map((one) => ({
    email: one.email.id,
    by: one.matchedBy,
    kind: one.recipient.kind,
  }))
}

const stranger = [{ address: 'stranger@far.test' }]
const full = { status: '5.2.2', diagnostic: 'smtp; 552 5.2.2 Mailbox full' }

describe('a report is matched by the surest sign', () => {
  const returned = { messageId: second.messageId ?? '', ref: otherRef, from: mailbox }

  test('the token of the address before the Message-ID', () => {
    const to = `robin+${ref}@sender.test`
    expect(match({ to, recipients: stranger, returned }, [email(), second])).toMatchObject([
      { email: 'first', by: 'verp' },
    ])
  })

  test('the Message-ID before our reference', () => {
    const mixed = { ...returned, ref }
    expect(match({ recipients: stranger, returned: mixed }, [email(), second])).toMatchObject([
      { email: 'second', by: 'message_id' },
    ])
  })

  test('our reference before what it answers', () => {
    const headers = `References: <a@b> ${second.messageId}`
    expect(match({ recipients: stranger, headers, returned: { ref } }, [email(), second])).toMatchObject([
      { email: 'first', by: 'ref' },
    ])
    expect(match({ recipients: stranger, headers }, [email(), second])).toMatchObject([
      { email: 'second', by: 'thread' },
    ])
  })
})

test('a thread tells which email came back by its last message alone', () => {
  const own = '<written-by-hand@sender.test>'
  const thread = `References: ${email().messageId} ${own}`
  expect(match({ recipients: stranger, headers: thread }, [email()])).toEqual([])
  const headers = `In-Reply-To: ${own}\n${thread}`
  expect(match({ recipients: stranger, headers }, [email()])).toEqual([])
})

test.each([
  ['of another mailbox', `mallory+${ref}@sender.test`],
  ['of another domain', `robin+${ref}@evil.test`],
  ['that is longer', `robin+${ref}0@sender.test`],
])('a token in an address %s is none', (_which, to) => {
  expect(match({ to, recipients: stranger }, [email()])).toEqual([])
})

describe('behind an alias that went to several', () => {
  const returned = { messageId: email().messageId ?? '', from: mailbox }
  const a = { address: 'a@far.test' }

  test('ours is dead when all of them are', () => {
    const recipients = [a, { address: 'b@far.test' }]
    expect(match({ recipients, returned }, [email()])).toEqual([
      { email: 'first', by: 'message_id', kind: 'hard' },
    ])
  })

  test('and not when one of them got it, or may yet', () => {
    const delivered = {
      address: 'b@far.test',
      action: 'delivered',
      status: '2.0.0',
      diagnostic: 'smtp; 250 OK',
    }
    expect(match({ recipients: [a, delivered], returned }, [email()])).toMatchObject([{ kind: 'delivered' }])
    expect(match({ recipients: [a, { address: 'b@far.test', ...full }], returned }, [email()])).toMatchObject(
      [{ kind: 'soft' }],
    )
  })

  test('what is said of our own address outranks what is said of others', () => {
    const recipients = [{ address: 'b@far.test', ...full }, { address: 'Kai@Oak.test' }]
    expect(match({ recipients, returned }, [email()], [])).toMatchObject([{ kind: 'hard' }])
  })
})

describe('by recipient alone', () => {
  test('the address that was stated at the start counts before the one that failed', () => {
    const recipients = [{ address: 'mia@elm.test', original: 'kai@oak.test' }]
    expect(match({ recipients }, [], [email(), second])).toMatchObject([
      { email: 'first', by: 'original_recipient' },
    ])
  })

  test('two addresses are two emails, and a repeated one is one', () => {
    const recipients = [{ address: 'kai@oak.test' }, { address: 'mia@elm.test' }, { address: 'kai@oak.test' }]
    expect(match({ recipients }, [], [email(), second])).toMatchObject([
      { email: 'first', by: 'recency' },
      { email: 'second', by: 'recency' },
    ])
  })

  test('a message that somebody else wrote is not ours, whoever its recipient is', () => {
    const returned = { messageId: '<spam@far.test>', from: 'joe@job.test' }
    expect(match({ recipients: [{ address: 'kai@oak.test' }], returned }, [], [email()])).toEqual([])
    const ours = { messageId: '<rewritten@far.test>', from: mailbox }
    expect(match({ recipients: [{ address: 'kai@oak.test' }], returned: ours }, [], [email()])).toHaveLength(
      1,
    )
  })
})
