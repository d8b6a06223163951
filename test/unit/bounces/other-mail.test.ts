import { describe, expect, it } from 'vitest'
import { parseReport } from '../../../src/bounces/parse-report.ts'
import { multipartReport, plainReport, returned } from './reports/report-case.ts'

const parse = (message: string) => parseReport(Buffer.from(message, 'utf8'))

const complaint = (fields: string): string => `From: <fbl@provider.example>
To: <abuse@sender.example>
Subject: FW: Your question
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b2"

--b2
Content-Type: text/plain

This is an email abuse report.

--b2
Content-Type: message/feedback-report

${fields}

--b2
Content-Type: message/rfc822

${returned}
--b2--
`

describe('complaints (RFC 5965)', () => {
  it('names every recipient that the provider names', () => {
    const verdict = parse(
      complaint(
        'Feedback-Type: abuse\nVersion: 1\nOriginal-Rcpt-To: <kai@example.org>\nOriginal-Rcpt-To: mia@example.org',
      ),
    )
    expect(verdict.type).toBe('feedback')
    expect(verdict.recipients.map((one) => [one.address, one.kind, one.reason])).toEqual([
      ['kai@example.org', 'feedback', 'complaint'],
      ['mia@example.org', 'feedback', 'complaint'],
    ])
  })

  it('is a complaint even when the provider hides who complained', () => {
    const verdict = parse(complaint('Feedback-Type: abuse\nVersion: 1'))
    expect(verdict).toMatchObject({
      type: 'feedback',
      feedbackType: 'abuse',
      recipients: [{ address: null }],
    })
    expect(verdict.original.messageId).toBe('c1-42@sender.example')
  })

  it('reads a report of failed authentication as no complaint (RFC 6591)', () => {
    const verdict = parse(
      complaint('Feedback-Type: auth-failure\nVersion: 1\nOriginal-Rcpt-To: kai@example.org'),
    )
    expect(verdict.recipients[0]).toMatchObject({ kind: 'feedback', reason: 'report', addressDead: false })
  })

  it('reads the fields in a text when their part lost its type', () => {
    const verdict = parse(
      complaint('Feedback-Type: abuse\nVersion: 1\nOriginal-Rcpt-To: kai@example.org').replace(
        'message/feedback-report',
        'text/plain',
      ),
    )
    expect(verdict).toMatchObject({ type: 'feedback', recipients: [{ address: 'kai@example.org' }] })
  })

  it('reads opt-out as a wish to unsubscribe', () => {
    const verdict = parse(complaint('Feedback-Type: opt-out\nVersion: 1\nRemoval-Recipient: kai@example.org'))
    expect(verdict.recipients[0]).toMatchObject({ address: 'kai@example.org', reason: 'unsubscribe' })
  })
})

describe('Amazon SES notifications', () => {
  const notification = JSON.stringify({
    notificationType: 'Bounce',
    bounce: {
      bounceType: 'Permanent',
      bouncedRecipients: [
        {
          emailAddress: 'kai@example.org',
          action: 'failed',
          status: '5.1.1',
          diagnosticCode: 'smtp; 550 5.1.1 user unknown',
        },
      ],
    },
  })
  const mail = (body: string): string =>
    `From: AWS <no-reply@sns.amazonaws.com>\nTo: lena@sender.example\nSubject: AWS Notification Message\n\n${body}\n`

  it.each([
    ['bare', notification],
    ['in the envelope of SNS', JSON.stringify({ Type: 'Notification', Message: notification })],
    [
      'above the footer of SNS',
      `${notification}\n\n--\nIf you wish to stop receiving notifications from this topic, {visit} this link`,
    ],
  ])('%s', (_, body) => {
    expect(parse(mail(body)).recipients[0]).toMatchObject({
      address: 'kai@example.org',
      kind: 'hard',
      smtpCode: '550',
    })
  })
})

describe('mail that is no delivery failure', () => {
  it('reads a report of success as delivered', () => {
    const message = multipartReport(
      'postmaster@example.org',
      'Delivered.',
      'Final-Recipient: rfc822; kai@example.org\nAction: relayed\nStatus: 2.0.0\n',
    )
    expect(parse(message)).toMatchObject({
      type: 'delivered',
      recipients: [{ kind: 'delivered', addressDead: false }],
    })
  })

  it.each([
    ['Auto-Submitted (RFC 3834)', 'Auto-Submitted: auto-replied\nSubject: Re: Your question'],
    ['a vacation program of old', 'X-Autoreply: yes\nSubject: Re: Your question'],
    ['Exchange', 'X-Auto-Response-Suppress: All\nSubject: Automatic reply: Your question'],
    ['German', 'Subject: Abwesenheit: Your question'],
    ['French, encoded', 'Subject: =?utf-8?Q?R=C3=A9ponse_automatique_:_Your_question?='],
  ])('reads an answer in absence as such: %s', (_, headers) => {
    const verdict = parse(
      `From: Kai <kai@example.org>\nTo: lena@sender.example\n${headers}\n\nI am away until Monday. In urgent cases write to mia@example.org.\n`,
    )
    expect(verdict).toMatchObject({
      type: 'autoreply',
      recipients: [{ address: 'kai@example.org', kind: 'autoreply' }],
    })
  })

  it('reads an answer in absence as such even when it speaks of delivery', () => {
    const verdict = parse(
      'Return-Path: <>\nFrom: Kai <kai@example.org>\nTo: lena@sender.example\nSubject: Automatic reply: Your question\n\nYour message could not be delivered to mia@example.org either: her mailbox is full until Monday.\n',
    )
    expect(verdict.type).toBe('autoreply')
  })

  it('reads a receipt of a ticket system as an answer when it quotes a failure', () => {
    const verdict = parse(
      'Return-Path: <>\nFrom: Support <support@example.org>\nTo: lena@sender.example\nSubject: Ticket created: delivery failed\nAuto-Submitted: auto-replied\n\nWe received your request "delivery failed to kai@example.org". User unknown? We will get back.\n',
    )
    expect(verdict.type).toBe('autoreply')
  })

  it('reads a challenge as such', () => {
    const verdict = parse(
      'From: kai@example.org\nAuto-Submitted: auto-generated\nSubject: Re: Your question\n\nTo reach me, please click here to confirm that you are a person.\n',
    )
    expect(verdict.type).toBe('challenge')
  })

  it.each([
    [
      'a person',
      'From: Kai <kai@example.org>\nSubject: Re: Your question\n\nHello Lena, yes. Please send it to mia@example.org as well.\n',
    ],
    [
      'a newsletter about errors',
      'From: News <news@example.org>\nSubject: What 550 User unknown means\nPrecedence: bulk\n\nMessages that cannot be delivered come back with 550 5.1.1 User unknown.\n<kai@example.org>: for instance.\n',
    ],
    [
      'a ticket system',
      'From: Support <help@example.org>\nSubject: [#4711] Mailbox full\nPrecedence: bulk\n\nkai@example.org wrote: my mailbox is full, mail bounces.\n',
    ],
    [
      'a read receipt',
      'From: Kai <kai@example.org>\nSubject: Read: Your question\nContent-Type: multipart/report; report-type=disposition-notification; boundary="r"\n\n--r\n\nYour message was read.\n--r\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; kai@example.org\nDisposition: manual-action/MDN-sent-manually; displayed\n--r--\n',
    ],
    ['nothing', ''],
    ['no text', 'From: Kai <kai@example.org>\nSubject: Re: Your question\n\n'],
  ])('is not taken in by %s', (_, message) => {
    expect(parse(message)).toMatchObject({
      type: 'none',
      recipients: [],
      why: expect.stringContaining('report'),
    })
  })
})

describe('reports inside reports', () => {
  const inner = multipartReport(
    'MAILER-DAEMON@x.example',
    'Failed.',
    'Final-Recipient: rfc822; inner@example.org\nAction: failed\nStatus: 5.1.1\n',
  )
  const attached = (first: string): string =>
    `From: mia@example.org\nSubject: Fwd: report\nContent-Type: multipart/report; boundary=o\n\n--o\n${first}\n--o\nContent-Type: message/rfc822\n\n${inner}\n--o--\n`

  it('reads the outer one when a report comes back', () => {
    const status =
      'Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; outer@example.org\nAction: failed\nStatus: 5.1.1\n'
    expect(parse(attached(status)).recipients.map((one) => one.address)).toEqual(['outer@example.org'])
  })

  it('reads the inner one when a person forwards it, and finds what it returns', () => {
    const verdict = parse(attached('Content-Type: text/plain\n\nSee below.\n'))
    expect(verdict.recipients.map((one) => one.address)).toEqual(['inner@example.org'])
    expect(verdict.original.messageId).toBe('c1-42@sender.example')
  })
})

describe('what the report returns of our message', () => {
  it('finds the Message-ID in an attached message', () => {
    const { original } = parse(
      multipartReport(
        'MAILER-DAEMON@x.example',
        'Failed.',
        'Final-Recipient: rfc822; kai@example.org\nAction: failed\nStatus: 5.1.1\n',
      ),
    )
    expect(original).toMatchObject({
      messageId: 'c1-42@sender.example',
      to: 'kai@example.org',
      verp: 'lena@sender.example',
    })
  })

  it('finds it below the notice of a report without MIME', () => {
    const text = `Hi. This is the qmail-send program at x.example.\n\n<kai@example.org>:\nno such user\n\n--- Below this line is a copy of the message.\n\n${returned}`
    expect(parse(plainReport('MAILER-DAEMON@x.example', 'failure notice', text)).original.messageId).toBe(
      'c1-42@sender.example',
    )
  })
})
