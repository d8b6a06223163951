import { describe, expect, it } from 'vitest'
import { classifyReason, classifyReplyLine } from '../../../src/bounces/reasons/classify.ts'
import { commonReplies } from './common-replies.ts'
import { replyWordings } from './reply-wordings.ts'
import { serverReplies } from './server-replies.ts'
import { wordedReplies } from './worded-replies.ts'

describe('replies that servers are known to give', () => {
  it.each(
    [...replyWordings, ...commonReplies, ...serverReplies, ...wordedReplies].map(
      ([reason, line]) => [line, reason] as const,
    ),
  )('%s: %s', (line, reason) => {
    expect(classifyReplyLine(line)).toBe(reason)
  })
})

describe('"user unknown"', () => {
  const text = '550 user unknown'

  it('is a dead address as the answer to RCPT', () => {
    expect(classifyReason({ text, stage: 'rcpt' })).toBe('invalid_recipient')
  })

  it('is a dead address with a status of 5.1.x', () => {
    expect(classifyReason({ text, status: '5.1.1' })).toBe('invalid_recipient')
  })

  it('is a filter after DATA', () => {
    expect(classifyReason({ text, stage: 'data' })).toBe('recipient_filtered')
  })

  it('is about us as the answer to MAIL', () => {
    expect(classifyReason({ text, stage: 'mail' })).toBe('sender_rejected')
  })
})

it('takes a domain that the answer to MAIL speaks of for ours', () => {
  expect(classifyReason({ text: '451 domain must resolve', stage: 'mail' })).toBe('sender_rejected')
})

it('takes a permanent refusal before the greeting for one of our host when its words say nothing', () => {
  expect(classifyReason({ text: '554 no', smtpCode: '554', stage: 'connect' })).toBe('sender_blocked')
  expect(classifyReason({ text: '421 no', smtpCode: '421', stage: 'connect' })).toBe('expired')
})

it('believes words about the message before a status of 5.1.1 that a server gives to everything', () => {
  expect(classifyReplyLine('550 5.1.1 rejected as spam')).toBe('spam_content')
})

it('does not read a reason out of an address', () => {
  expect(classifyReplyLine('550 5.7.1 <spam-virus-quota-exceeded@example.org>: denied by local policy')).toBe(
    'policy',
  )
})

it('does not read a reason out of the name of a host', () => {
  const host = 'host antispam.quota-exceeded.example[192.0.2.1]'
  expect(classifyReplyLine(`${host} said: 550 5.1.1 no such user (in reply to RCPT TO command)`)).toBe(
    'invalid_recipient',
  )
})

it.each([
  ['504 5.5.2 <a@b>: Recipient address rejected: need fully-qualified address', 'mailbox_full'],
  ['550 5.1.1 address a@b.c not found in list of users', 'sender_blocked'],
  ['delivery to user a@b.c: message expired', 'inactive_mailbox'],
  ['451 4.4.2 user a@b.c: connection closed', 'inactive_mailbox'],
])('%s does not mean %s', (line, reason) => {
  expect(classifyReplyLine(line)).not.toBe(reason)
})

it('reads a reply of many lines as one', () => {
  expect(classifyReplyLine('552-5.2.2 The recipient is over\n552 5.2.2 quota')).toBe('mailbox_full')
})

it('reads a wording at the beginning of a word only', () => {
  expect(classifyReplyLine('550 your marble')).toBe('unknown')
})

it('says unknown of words that it does not know', () => {
  expect(classifyReplyLine('550 nope')).toBe('unknown')
})
