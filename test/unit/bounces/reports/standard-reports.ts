import { multipartReport, type ReportCase } from './report-case.ts'

const postfix = 'MAILER-DAEMON@mx.sender.example (Mail Delivery System)'

/** Reports as RFC 3464 has them, and the liberties that are taken with it. */
export const standardReports: ReportCase[] = [
  {
    format: 'Postfix',
    message: multipartReport(
      postfix,
      `This is the mail system at host mx.sender.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<kai@example.org>: host mx.example.org[192.0.2.20] said: 550 5.1.1
    <kai@example.org>: Recipient address rejected: User unknown in local
    recipient table (in reply to RCPT TO command)
`,
      `Reporting-MTA: dns; mx.sender.example
X-Postfix-Queue-ID: 4F1
Arrival-Date: Mon,  2 Mar 2026 09:00:00 +0000 (UTC)

Final-Recipient: rfc822; kai@example.org
Original-Recipient: rfc822;kai@example.org
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; 550 5.1.1 <kai@example.org>: Recipient address rejected:
    User unknown in local recipient table
`,
    ),
    recipients: [
      {
        address: 'kai@example.org',
        kind: 'hard',
        reason: 'invalid_recipient',
        status: '5.1.1',
        smtpCode: '550',
      },
    ],
  },
  {
    format: 'three recipients, three fates, no blank line between the last two',
    message: multipartReport(
      postfix,
      'Your message could not be delivered to all of its recipients.',
      `Reporting-MTA: dns; mx.sender.example

Final-Recipient: rfc822; kai@example.org
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 Mailbox full

Final-Recipient: rfc822; mia@example.org
Action: delayed
Status: 4.4.1
Diagnostic-Code: smtp; connect to mx.example.org[192.0.2.20]:25: Connection timed out
Final-Recipient: rfc822; ben@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown
`,
    ),
    recipients: [
      { address: 'kai@example.org', kind: 'soft', reason: 'mailbox_full', status: '5.2.2', smtpCode: '552' },
      { address: 'mia@example.org', kind: 'delayed', reason: 'expired', status: '4.4.1' },
      {
        address: 'ben@example.org',
        kind: 'hard',
        reason: 'invalid_recipient',
        status: '5.1.1',
        smtpCode: '550',
      },
    ],
  },
  {
    format: 'a relay that reports its own status around the reply of the server',
    message: multipartReport(
      postfix,
      'The following recipient could not be reached.',
      `Reporting-MTA: dns; relay.sender.example

Final-Recipient: RFC822; <kai@example.org>
Action: failed
Status: 5.5.0
Diagnostic-Code: smtp; 554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using bl.example.net
`,
    ),
    recipients: [
      {
        address: 'kai@example.org',
        kind: 'soft',
        reason: 'sender_blocked',
        status: '5.7.1',
        smtpCode: '554',
      },
    ],
  },
  {
    format: 'RFC 6533, an address beyond ASCII',
    message: multipartReport(
      postfix,
      'Delivery failed.',
      `Reporting-MTA: dns; mx.sender.example

Final-Recipient: utf-8; k\\x{e4}i@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user
`,
    ),
    recipients: [
      {
        address: 'käi@example.org',
        kind: 'hard',
        reason: 'invalid_recipient',
        status: '5.1.1',
        smtpCode: '550',
      },
    ],
  },
  {
    format: 'Exchange Online',
    message: multipartReport(
      'postmaster@sender.example',
      `Delivery has failed to these recipients or groups:

kai@example.org<mailto:kai@example.org>
The email address you entered couldn't be found. Please check the recipient's email address and try to resend the message.

Diagnostic information for administrators:

Generating server: AM0.eurprd01.prod.outlook.com

kai@example.org
Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup'
`,
      `Reporting-MTA: dns;AM0.eurprd01.prod.outlook.com

Final-recipient: RFC822;kai@example.org
Action: failed
Status: 5.1.10
Diagnostic-code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient kai@example.org not found by SMTP address lookup
`,
    ),
    recipients: [
      {
        address: 'kai@example.org',
        kind: 'hard',
        reason: 'invalid_recipient',
        status: '5.1.10',
        smtpCode: '550',
      },
    ],
  },
  {
    format: 'PowerMTA',
    message: multipartReport(
      'postmaster@mta.sender.example',
      `Hello, this is the mail server on mta.sender.example.

  <kai@example.org>  delivery failed; will not continue trying
`,
      `Reporting-MTA: dns;mta.sender.example

Final-Recipient: rfc822;kai@example.org
Action: failed
Status: 5.0.0 (undefined status)
Remote-MTA: dns;mx.example.org (192.0.2.20)
Diagnostic-Code: smtp;550 user gone
X-PowerMTA-BounceCategory: bad-mailbox
`,
    ),
    recipients: [{ address: 'kai@example.org', kind: 'hard', reason: 'invalid_recipient', smtpCode: '550' }],
  },
  {
    format: 'sendmail, with the session that only the notice shows',
    message: multipartReport(
      'Mail Delivery Subsystem <MAILER-DAEMON@mx.sender.example>',
      `The original message was received at Mon, 2 Mar 2026 09:00:00 GMT
from app.sender.example [192.0.2.10]

   ----- The following addresses had permanent fatal errors -----
<kai@example.org>
    (reason: 550 No such person at this address)

   ----- Transcript of session follows -----
... while talking to mx.example.org.:
>>> RCPT To:<kai@example.org>
<<< 550 No such person at this address
550 5.1.1 <kai@example.org>... User unknown
`,
      `Reporting-MTA: dns; mx.sender.example

Final-Recipient: RFC822; kai@example.org
Action: failed
Status: 5.1.1
Remote-MTA: DNS; mx.example.org
Diagnostic-Code: SMTP; 550 No such person at this address
`,
    ),
    recipients: [
      {
        address: 'kai@example.org',
        kind: 'hard',
        reason: 'invalid_recipient',
        status: '5.1.1',
        smtpCode: '550',
      },
    ],
  },
  {
    format: 'the same words after DATA: a filter, not a dead address',
    message: multipartReport(
      postfix,
      `<kai@example.org>: host mx.example.org[192.0.2.20] said: 550 Unknown user
    kai@example.org (in reply to end of DATA command)
`,
      `Reporting-MTA: dns; mx.sender.example

Final-Recipient: rfc822; kai@example.org
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; 550 Unknown user kai@example.org
`,
    ),
    recipients: [{ address: 'kai@example.org', kind: 'soft', reason: 'recipient_filtered', smtpCode: '550' }],
  },
]
