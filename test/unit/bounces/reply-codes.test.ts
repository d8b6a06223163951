import { describe, expect, it } from 'vitest'
import { addressOfField, findAddresses } from '../../../src/bounces/addresses.ts'
import { replyCodesOf, statusOfField } from '../../../src/bounces/reply-codes.ts'
import { smtpStageOf } from '../../../src/bounces/smtp-stage.ts'

describe('codes of a reply', () => {
  it.each([
    ['550 5.1.1 no such user', '550', '5.1.1'],
    ['550-5.1.1 no such', '550', '5.1.1'],
    ['host mx[192.0.2.1] said: 554 5.7.1 <a@b.example>: Relay access denied', '554', '5.7.1'],
    ["Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'", '550', '5.1.10'],
    ['#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##', '550', '5.1.1'],
    ['550: 5.2.2 mailbox full', '550', '5.2.2'],
    ['Sorry, no mailbox here by that name. (#5.1.1)', undefined, '5.1.1'],
    ['552 Requested mail action aborted', '552', undefined],
    [
      '554 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.2 Connection timed out>',
      '421',
      '4.4.2',
    ],
    ['connect to mx.example[192.0.2.5]:25: Connection timed out', undefined, undefined],
    ['the message waited for 500 minutes on 10.5.1.1', undefined, undefined],
  ])('%s', (text, smtpCode, status) => {
    const codes = replyCodesOf(text)
    expect([codes.smtpCode, codes.status]).toEqual([smtpCode, status])
  })

  it.each([
    ['5.1.1 (bad destination mailbox)', '5.1.1'],
    ['4.0.0', '4.0.0'],
    ['delayed', undefined],
  ])('status field %s', (value, status) => {
    expect(statusOfField(value)).toBe(status)
  })
})

describe('the command that was refused', () => {
  it.each([
    ['said: 550 no (in reply to RCPT TO command)', 'rcpt'],
    ['said: 550 no (in\n    reply to end of DATA command)', 'data'],
    ['SMTP error from remote mail server after MAIL FROM:<a@b.example>:', 'mail'],
    ['Connected to 192.0.2.1 but my name was rejected.', 'hello'],
    ['host mx refused to talk to me: 421 no', 'connect'],
    ['>>> MAIL FROM:<a@b.example>\n<<< 250 ok\n>>> RCPT TO:<c@d.example>\n<<< 550 no', 'rcpt'],
    ['550 no', undefined],
  ])('%s', (text, stage) => {
    expect(smtpStageOf(text)).toBe(stage)
  })
})

describe('addresses', () => {
  it.each([
    ['rfc822; Kai@Example.ORG', 'kai@example.org'],
    ['rfc822;<kai@example.org>', 'kai@example.org'],
    ['rfc822; "kai..b"@example.org', '"kai..b"@example.org'],
    ['RFC822; @relay.example:kai@example.org', 'kai@example.org'],
    ['rfc822; kai@example.org.', 'kai@example.org'],
    ['x400; /G=Kai/S=Berg/O=Example/', undefined],
    ['rfc822; kai', undefined],
  ])('field %s', (value, address) => {
    expect(addressOfField(value)).toBe(address)
  })

  it('finds those of a sentence, with where they stand', () => {
    expect(findAddresses('to <kai@example.org>, not mia@example.net.')).toEqual([
      { address: 'kai@example.org', start: 4, end: 19 },
      { address: 'mia@example.net', start: 26, end: 41 },
    ])
  })
})
