import {
  domainOf,
  lines,
  mailDate,
  message,
  multipart,
  type ReplyContext,
  returnedHeaders,
  returnPathOf,
  systemHeaders,
} from './reply-message.ts'

// The formats of single mail systems, which a reader of RFC 3464 alone would miss or misread; written for the lab.

/** qmail's own format (QSBMF): plain text, no MIME. */
export function qmailBounce({ original, now }: ReplyContext): Buffer {
  const host = domainOf(original.to)
  return message(
    [
      'Return-Path: <>',
      `Date: ${mailDate(now)}`,
      `From: MAILER-DAEMON@${host}`,
      `To: ${returnPathOf(original)}`,
      'Subject: failure notice',
    ],
    lines(
      `Hi. This is the qmail-send program at ${host}.`,
      "I'm afraid I wasn't able to deliver your message to the following addresses.",
      "This is a permanent error; I've given up. Sorry it didn't work out.",
      '',
      `<${original.to}>:`,
      'Sorry, no mailbox here by that name. (#5.1.1)',
      '',
      '--- Below this line is a copy of the message.',
      '',
      `Return-Path: <${returnPathOf(original)}>`,
      returnedHeaders(original),
      '',
    ),
  )
}

/** Exim's format of before its delivery reports: X-Failed-Recipients and indented text. */
export function eximBounce({ original, now }: ReplyContext): Buffer {
  const host = `mail.${domainOf(original.from)}`
  return message(
    [
      ...systemHeaders(
        original,
        now,
        `Mail Delivery System <Mailer-Daemon@${host}>`,
        'Mail delivery failed: returning message to sender',
      ),
      `X-Failed-Recipients: ${original.to}`,
      'Auto-Submitted: auto-replied',
      'Content-Type: text/plain; charset=us-ascii',
    ],
    lines(
      'This message was created automatically by mail delivery software.',
      '',
      'A message that you sent could not be delivered to one or more of its',
      'recipients. This is a permanent error. The following address(es) failed:',
      '',
      `  ${original.to}`,
      `    host mx.${domainOf(original.to)} [192.0.2.25]`,
      `    SMTP error from remote mail server after RCPT TO:<${original.to}>:`,
      '    550-5.1.1 No such user here',
      '    550 5.1.1 The address has been closed',
      '',
      '------ This is a copy of the message, including all the headers. ------',
      '',
      returnedHeaders(original),
      '',
    ),
  )
}

/** Exchange: what people see first is HTML; the facts stand in the part after it. */
export function exchangeReport({ original, now }: ReplyContext): Buffer {
  const host = `ex01.${domainOf(original.to)}`
  const diagnostic = `550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ${original.to} not found by SMTP address lookup`
  const { boundary, body } = multipart([
    {
      type: 'text/html; charset="utf-8"',
      body: lines(
        '<html><body>',
        '<p><b>Delivery has failed to these recipients or groups:</b></p>',
        `<p><a href="mailto:${original.to}">${original.to}</a><br>The email address you entered could not be found.</p>`,
        '<p><b>Diagnostic information for administrators:</b></p>',
        `<p>Generating server: ${host}</p>`,
        `<p>${original.to}<br>#${diagnostic}##</p>`,
        '</body></html>',
      ),
    },
    {
      type: 'message/delivery-status',
      body: lines(
        `Reporting-MTA: dns;${host}`,
        `Arrival-Date: ${mailDate(original.date)}`,
        '',
        `Final-Recipient: rfc822;${original.to}`,
        'Action: failed',
        'Status: 5.1.10',
        `Diagnostic-Code: smtp;${diagnostic}`,
      ),
    },
    { type: 'message/rfc822', body: lines(returnedHeaders(original), '', '') },
  ])
  const from = `"Microsoft Outlook" <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@${domainOf(original.to)}>`
  return message(
    [
      ...systemHeaders(original, now, from, `Undeliverable: ${original.subject}`),
      `In-Reply-To: ${original.messageId}`,
      `References: ${original.messageId}`,
      'X-MS-Exchange-Message-Is-Ndr:',
      `Content-Type: multipart/report; report-type=delivery-status; boundary="${boundary}"`,
    ],
    body,
  )
}

/** Gmail's: a report within, for people "Address not found". */
export function gmailReport({ original, now }: ReplyContext): Buffer {
  const reply =
    "550-5.1.1 The email account that you tried to reach does not exist. Please try\r\n 550-5.1.1 double-checking the recipient's email address. 550 5.1.1 - gsmtp"
  const words = lines(
    '** Address not found **',
    '',
    `Your message wasn't delivered to ${original.to} because the address couldn't be found, or is unable to receive mail.`,
    '',
    'The response was:',
    reply,
  )
  const { boundary, body } = multipart([
    { type: 'text/plain; charset="UTF-8"', body: words },
    {
      type: 'message/delivery-status',
      body: lines(
        'Reporting-MTA: dns; googlemail.com',
        `Received-From-MTA: dns; ${original.from}`,
        `Arrival-Date: ${mailDate(original.date)}`,
        `X-Original-Message-ID: ${original.messageId}`,
        '',
        `Final-Recipient: rfc822; ${original.to}`,
        'Action: failed',
        'Status: 5.1.1',
        `Remote-MTA: dns; mx.${domainOf(original.to)}. (192.0.2.26, the server for the domain ${domainOf(original.to)}.)`,
        `Diagnostic-Code: smtp; ${reply}`,
        `Last-Attempt-Date: ${mailDate(now)}`,
      ),
    },
    { type: 'message/rfc822', body: lines(returnedHeaders(original), '', '') },
  ])
  const from = 'Mail Delivery Subsystem <mailer-daemon@googlemail.com>'
  return message(
    [
      ...systemHeaders(original, now, from, 'Delivery Status Notification (Failure)'),
      'Auto-Submitted: auto-replied',
      `X-Failed-Recipients: ${original.to}`,
      `In-Reply-To: ${original.messageId}`,
      `References: ${original.messageId}`,
      `Content-Type: multipart/report; boundary="${boundary}"; report-type=delivery-status`,
    ],
    body,
  )
}
