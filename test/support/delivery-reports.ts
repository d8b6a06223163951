/** Parts of a delivery report that tests vary; what is left out is what a Postfix would write. */
export interface ReportOptions {
  /** Whom the report goes to. */
  mailbox: string
  recipients: { address: string; original?: string; status?: string; action?: string; diagnostic?: string }[]
  /** The returned message's fields; none: nothing is returned. */
  returned?: { messageId?: string; ref?: string; from?: string; to?: string }
  /** More fields of the report itself. */
  headers?: string
}

const userUnknown = 'smtp; 550 5.1.1 User unknown'

/** RFC 3464. */
export function deliveryReport({ mailbox, recipients, returned, headers }: ReportOptions): string {
  const groups = recipients.map(({ address, original, status, action, diagnostic }) =>
    [
      ...(original ? [`Original-Recipient: rfc822;${original}`] : []),
      `Final-Recipient: rfc822; ${address}`,
      `Action: ${action ?? 'failed'}`,
      `Status: ${status ?? '5.1.1'}`,
      `Diagnostic-Code: ${diagnostic ?? userUnknown}`,
    ].join('\n'),
  )
  return message({
    fields: [
      'From: MAILER-DAEMON@mx.far.test',
      `To: ${mailbox}`,
      'Subject: Undelivered Mail Returned to Sender',
      ...(headers ? [headers] : []),
    ],
    type: 'multipart/report; report-type=delivery-status',
    parts: [
      ['text/plain', 'Your message was not delivered.'],
      ['message/delivery-status', `Reporting-MTA: dns; mx.far.test\n\n${groups.join('\n\n')}`],
      ...returnedPart(returned),
    ],
  })
}

export interface ComplaintOptions {
  mailbox: string
  feedbackType?: string
  /** Left out: redacted. */
  recipient?: string
  returned?: ReportOptions['returned']
}

/** RFC 5965. */
export function complaint({
  mailbox,
  feedbackType = 'abuse',
  recipient,
  returned,
}: ComplaintOptions): string {
  return message({
    fields: ['From: feedback@far.test', `To: ${mailbox}`, 'Subject: Complaint about a message'],
    type: 'multipart/report; report-type=feedback-report',
    parts: [
      ['text/plain', 'This is an abuse report.'],
      [
        'message/feedback-report',
        [
          `Feedback-Type: ${feedbackType}`,
          'User-Agent: Far/1.0',
          'Version: 1',
          ...(recipient ? [`Original-Rcpt-To: ${recipient}`] : []),
        ].join('\n'),
      ],
      ...returnedPart(returned),
    ],
  })
}

function returnedPart(returned: ReportOptions['returned']): [type: string, body: string][] {
  if (!returned) return []
  const { messageId, ref, from = 'Robin <robin@sender.test>', to = 'redacted' } = returned
  const fields = [
    `From: ${from}`,
    `To: ${to}`,
    'Subject: Quick question',
    ...(messageId ? [`Message-ID: ${messageId}`] : []),
    ...(ref ? [`X-Rookery-Ref: ${ref}`] : []),
  ]
  return [['text/rfc822-headers', fields.join('\n')]]
}

let made = 0

function message(options: { fields: string[]; type: string; parts: [type: string, body: string][] }): string {
  made += 1
  const parts = options.parts.map(([type, body]) => `--b\nContent-Type: ${type}\n\n${body}\n`)
  const fields = [
    'Return-Path: <>',
    ...options.fields,
    `Message-ID: <report-${process.pid}-${made}@mx.far.test>`,
    'MIME-Version: 1.0',
    `Content-Type: ${options.type}; boundary="b"`,
  ]
  return `${fields.join('\n')}\n\n${parts.join('\n')}\n--b--\n`
}
