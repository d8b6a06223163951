import { plainReport, type ReportCase, returned } from './report-case.ts'

/** Reports in which the refused command, or who was refused, stands in words of the server's own. */
export const sessionReports: ReportCase[] = [
  {
    format: 'qmail with a session of its own',
    message: plainReport(
      'MAILER-DAEMON@mx.sender.example',
      'failure notice',
      `Hi. This is the qmail-send program at mx.sender.example.

<kai@example.org>:
Connected to 192.0.2.7 but recipient was rejected.
Remote host said: 550 no mailbox by that name

--- Below this line is a copy of the message.

${returned}`,
    ),
    recipients: [{ address: 'kai@example.org', kind: 'hard', reason: 'invalid_recipient', smtpCode: '550' }],
  },
  {
    format: 'InterScan',
    message: plainReport(
      'postmaster@scan.example',
      'Mail could not be delivered',
      `Sent >>> RCPT TO: <kai@example.org>
Received <<< 550 kai@example.org... No such user

Could not deliver mail to this user.
kai@example.org
*****************     End of message     ***************
`,
    ),
    recipients: [{ address: 'kai@example.org', kind: 'hard', reason: 'invalid_recipient', smtpCode: '550' }],
  },
  {
    format: 'SurgeMail',
    message: plainReport(
      'Mail Delivery System <MAILER-DAEMON@surge.example>',
      'Delivery Failure: Your question',
      `The message could not be delivered to the following recipient(s):

kai@example.org - Remote host said: 550 unknown user (RCPT TO)
`,
    ),
    recipients: [{ address: 'kai@example.org', kind: 'hard', reason: 'invalid_recipient', smtpCode: '550' }],
  },
  {
    format: 'sendmail before RFC 3464',
    message: plainReport(
      'Mail Delivery Subsystem <MAILER-DAEMON@mx.example>',
      'Returned mail: see transcript for details',
      `   ----- The following addresses had permanent fatal errors -----
<kai@example.org>
    (reason: 551 not our customer)

   ----- Transcript of session follows -----
... while talking to mx.example.org.:
>>> DATA
<<< 551 not our customer
550 5.1.1 <kai@example.org>... User unknown
`,
    ),
    recipients: [{ address: 'kai@example.org', kind: 'hard', reason: 'moved', smtpCode: '551' }],
  },
  {
    format: 'sendmail 5, one session after the other',
    message: plainReport(
      'Mail Delivery Subsystem <MAILER-DAEMON@mx.example>',
      'Returned mail: User unknown',
      `   ----- Transcript of session follows -----
550 nohost.example (smtp)... 550 Host unknown
554 <mia@nohost.example>... 550 Host unknown (Authoritative answer from name server)
While talking to mx.example.org:
>>> RCPT To:<kai@example.org>
<<< 550 <kai@example.org>... User unknown
550 <kai@example.org>... User unknown

   ----- Unsent message follows -----
${returned}`,
    ),
    recipients: [
      { address: 'mia@nohost.example', kind: 'hard', reason: 'invalid_domain', smtpCode: '550' },
      { address: 'kai@example.org', kind: 'hard', reason: 'invalid_recipient', smtpCode: '550' },
    ],
  },
  {
    format: 'Microsoft 365 without a machine-readable part',
    message: plainReport(
      'Microsoft Outlook <postmaster@corp.example>',
      'Undeliverable: Your question',
      `Your message to kai@example.org couldn't be delivered.

kai wasn't found at example.org.

Status code: 550 5.1.10

Original Message Details
Sender Address: lena@sender.example
Recipient Address: kai@example.org

Error Details
Reported error: 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
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
    format: 'Exchange in Italian, which calls its report an answer',
    message: plainReport(
      'postmaster@corp.example',
      'Non recapitabile: Domanda',
      `Il recapito non è riuscito per i seguenti destinatari o gruppi:

kai@example.org<mailto:kai@example.org>
Impossibile trovare l'indirizzo.

kai@example.org
Remote Server returned '550 5.1.1 RESOLVER.ADR.RecipNotFound; not found'
`,
    ).replace(
      '\n\n',
      '\nAuto-Submitted: auto-replied\nX-MS-Exchange-Message-Is-Ndr:\nContent-Type: text/plain; charset=utf-8\n\n',
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
    format: 'Oracle Messaging Server, still trying',
    message: plainReport(
      'Internet Mail Delivery <postmaster@ms.example>',
      'Delivery Notification: Delivery has been delayed',
      `Your message has been enqueued and undeliverable for 1 day
to the following recipients:

  Recipient address: kai@example.org
  Reason: unable to deliver this message after 1 day

The mail system will continue to try to deliver your message for an additional 3 days.
`,
    ),
    recipients: [{ address: 'kai@example.org', kind: 'delayed', reason: 'expired' }],
  },
  {
    format: 'IMail',
    message: plainReport(
      'Postmaster <postmaster@im.example>',
      'Undeliverable Mail',
      `User mailbox exceeds allowed size: kai@example.org

Original message follows.

${returned}`,
    ),
    recipients: [{ address: 'kai@example.org', kind: 'soft', reason: 'mailbox_full' }],
  },
  {
    format: 'Zoho',
    message: plainReport(
      'mailer-daemon@zoho.example',
      'Undelivered Mail Returned to Sender',
      `A message that you sent could not be delivered to one or more of its recipients.

kai@example.org ERROR CODE :550 - 5.1.1 <kai@example.org>: Recipient address rejected: User unknown
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
    format: 'a Chinese provider, in a table',
    message: plainReport(
      'Postmaster@mail.example',
      '系统退信/Systems bounce',
      `抱歉,您的邮件被退回来了

收件人\tkai@example.org
SMTP error, RCPT TO: 550 User not found: kai@example.org
`,
    ).replace('\n\n', '\nContent-Type: text/plain; charset=utf-8\n\n'),
    recipients: [{ address: 'kai@example.org', kind: 'hard', reason: 'invalid_recipient', smtpCode: '550' }],
  },
  {
    format: 'IronPort',
    message: plainReport(
      'Mail Delivery System <MAILER-DAEMON@ip.example>',
      'Delivery Status Notification (Failure)',
      `The following message to <kai@example.org> was undeliverable.
The reason for the problem:
5.3.0 - Other mail system problem 550-'Unknown user kai@example.org' (delivery attempts: 0)
`,
    ),
    recipients: [
      {
        address: 'kai@example.org',
        kind: 'soft',
        reason: 'recipient_filtered',
        status: '5.3.0',
        smtpCode: '550',
      },
    ],
  },
]
