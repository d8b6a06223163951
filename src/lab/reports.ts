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

// Reports as mail systems write them, for the lab: from the RFCs and the systems' own documents, not copied mail.

/** RFC 3464, as Postfix lays it out: no such mailbox. */
export const hardBounce = (context: ReplyContext): Buffer =>
  postfixReport(context, {
    subject: 'Undelivered Mail Returned to Sender',
    action: 'failed',
    status: '5.1.1',
    reply: '550 5.1.1 User unknown in virtual mailbox table',
    words: 'The mail system could not deliver your message to one or more recipients. It is attached below.',
  })

/** RFC 3464: the mailbox is full, given up. */
export const mailboxFullBounce = (context: ReplyContext): Buffer =>
  postfixReport(context, {
    subject: 'Undelivered Mail Returned to Sender',
    action: 'failed',
    status: '5.2.2',
    reply: '552 5.2.2 The mailbox of the recipient is full, quota exceeded',
    words: 'The mail system could not deliver your message to one or more recipients. It is attached below.',
  })

/** RFC 3464: a warning, the message is still on its way. */
export const delayedNotice = (context: ReplyContext): Buffer =>
  postfixReport(context, {
    subject: 'Delayed Mail (still being retried)',
    action: 'delayed',
    status: '4.4.1',
    reply: '',
    words: 'This is only a warning. You need not send your message again: delivery will be tried for 5 days.',
  })

interface PostfixReport {
  subject: string
  action: 'failed' | 'delayed'
  status: string
  /** Of the remote server; empty if there was no answer. */
  reply: string
  words: string
}

function postfixReport({ original, now }: ReplyContext, report: PostfixReport): Buffer {
  const host = `mail.${domainOf(original.from)}`
  const remote = `mx.${domainOf(original.to)}`
  const said =
    report.reply === ''
      ? `connect to ${remote}[192.0.2.25]:25: Connection timed out`
      : `host ${remote}[192.0.2.25] said: ${report.reply} (in reply to RCPT TO command)`
  const { boundary, body } = multipart([
    {
      type: 'text/plain; charset=us-ascii',
      headers: ['Content-Description: Notification'],
      body: lines(
        `This is the mail system at host ${host}.`,
        '',
        report.words,
        '',
        `<${original.to}>: ${said}`,
      ),
    },
    {
      type: 'message/delivery-status',
      headers: ['Content-Description: Delivery report'],
      body: lines(
        `Reporting-MTA: dns; ${host}`,
        `Arrival-Date: ${mailDate(original.date)}`,
        '',
        `Final-Recipient: rfc822; ${original.to}`,
        `Original-Recipient: rfc822;${original.to}`,
        `Action: ${report.action}`,
        `Status: ${report.status}`,
        ...(report.reply === ''
          ? [`Diagnostic-Code: X-Postfix; ${said}`]
          : [`Remote-MTA: dns; ${remote}`, `Diagnostic-Code: smtp; ${report.reply}`]),
        ...(report.action === 'delayed'
          ? [`Will-Retry-Until: ${mailDate(new Date(original.date.getTime() + 5 * 86_400_000))}`]
          : []),
      ),
    },
    {
      type: 'text/rfc822-headers',
      headers: ['Content-Description: Undelivered Message Headers'],
      body: returnedHeaders(original),
    },
  ])
  const from = `MAILER-DAEMON@${host}`
  return message(
    [
      ...systemHeaders(original, now, `"Mail Delivery System" <${from}>`, report.subject),
      'Auto-Submitted: auto-replied',
      `Content-Type: multipart/report; report-type=delivery-status; boundary="${boundary}"`,
    ],
    body,
  )
}

/** An abuse report (RFC 5965), as mailbox providers send when somebody presses "this is spam". */
export function complaint({ original, now }: ReplyContext): Buffer {
  const { boundary, body } = multipart([
    {
      type: 'text/plain; charset="us-ascii"',
      body: lines(
        `This is an email abuse report for a message received from ${domainOf(original.from)}`,
        `on ${mailDate(original.date)}.`,
      ),
    },
    {
      type: 'message/feedback-report',
      body: lines(
        'Feedback-Type: abuse',
        `User-Agent: ${domainOf(original.to)}-feedback/1.0`,
        'Version: 1',
        `Original-Mail-From: <${returnPathOf(original)}>`,
        `Original-Rcpt-To: <${original.to}>`,
        `Arrival-Date: ${mailDate(original.date)}`,
        `Reported-Domain: ${domainOf(original.from)}`,
        'Source-IP: 192.0.2.1',
      ),
    },
    { type: 'message/rfc822', body: lines(returnedHeaders(original), '', '') },
  ])
  return message(
    [
      ...systemHeaders(original, now, `<feedback@${domainOf(original.to)}>`, `FW: ${original.subject}`),
      `Content-Type: multipart/report; report-type=feedback-report; boundary="${boundary}"`,
    ],
    body,
  )
}
