import { plainReport, type ReportCase, returned } from './report-case.ts'

/** Reports of mail servers in prose, from before RFC 3464 or without regard for it. */
export const serverReports: ReportCase[] = [
  {
    format: 'qmail',
    message: plainReport(
      'MAILER-DAEMON@mx.sender.example',
      'failure notice',
      `Hi. This is the qmail-send program at mx.sender.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<kai@example.org>:
192.0.2.20 does not like recipient.
Remote host said: 550 no such mailbox
Giving up on 192.0.2.20.

<mia@example.org>:
Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)
I'm not going to try again; this message has been in the queue too long.

--- Below this line is a copy of the message.

${returned}`,
    ),
    recipients: [
      { address: 'kai@example.org', kind: 'hard', reason: 'invalid_recipient', smtpCode: '550' },
      { address: 'mia@example.org', kind: 'soft', reason: 'expired', status: '4.4.1' },
    ],
  },
  {
    format: 'Exim',
    message: plainReport(
      'Mail Delivery System <Mailer-Daemon@mx.sender.example>',
      'Mail delivery failed: returning message to sender',
      `This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  kai@example.org
    host mx.example.org [192.0.2.20]
    SMTP error from remote mail server after RCPT TO:<kai@example.org>:
    550-5.1.1 <kai@example.org>: Recipient address rejected:
    550 5.1.1 User unknown
  mia@example.net
    Unrouteable address

------ This is a copy of the message, including all the headers. ------

${returned}`,
    ),
    recipients: [
      {
        address: 'kai@example.org',
        kind: 'hard',
        reason: 'invalid_recipient',
        status: '5.1.1',
        smtpCode: '550',
      },
      { address: 'mia@example.net', kind: 'hard', reason: 'invalid_domain' },
    ],
  },
  {
    format: 'Exim, still trying',
    message: plainReport(
      'Mail Delivery System <Mailer-Daemon@mx.sender.example>',
      'Warning: message 1abc-0001-Xy delayed 24 hours',
      `This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on mx.sender.example.

The address to which the message has not yet been delivered is:

  kai@example.org
    host mx.example.org [192.0.2.20]
    Delay reason: SMTP error from remote mail server after RCPT TO:<kai@example.org>:
    450 4.2.2 Mailbox full

No action is required on your part. Delivery attempts will continue for
some time, and this warning may be repeated at intervals.
`,
    ),
    recipients: [
      {
        address: 'kai@example.org',
        kind: 'delayed',
        reason: 'mailbox_full',
        status: '4.2.2',
        smtpCode: '450',
      },
    ],
  },
  {
    format: 'Courier',
    message: plainReport(
      '"Courier mail server at mx.sender.example" <@>',
      'NOTICE: mail delivery status.',
      `This is a delivery status notification from mx.sender.example,
running the Courier mail server, version 1.0.

           UNDELIVERABLE MAIL

Your message to the following recipients cannot be delivered:

<kai@example.org>:
    mx.example.org [192.0.2.20]:
>>> RCPT TO:<kai@example.org>
<<< 550 5.1.1 <kai@example.org>... User Unknown

---------------------------------------------------------------------------

If your message was also sent to additional recipients, their delivery
status is not included in this report.
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
    format: 'Domino',
    message: plainReport(
      'postmaster@example.org',
      'DELIVERY FAILURE: User kai (kai@example.org) not listed in Domino Directory',
      `Your message

  Subject: Your question

was not delivered to:

  kai@example.org

because:

  550 5.1.1 User kai (kai@example.org) not listed in Domino Directory
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
    format: 'MailMarshal, the error before the recipients',
    message: plainReport(
      'MailMarshal <mailmarshal@sender.example>',
      'Undeliverable Mail: "Your question"',
      `Your message:
   From:    lena@sender.example
   Subject: Your question

Could not be delivered because of

550 5.2.1 Mailbox disabled for this recipient

The following recipients were affected:
    kai@example.org

Additional Information
======================
Original Sender:    <lena@sender.example>
`,
    ),
    recipients: [
      {
        address: 'kai@example.org',
        kind: 'soft',
        reason: 'inactive_mailbox',
        status: '5.2.1',
        smtpCode: '550',
      },
    ],
  },
  {
    format: 'hMailServer',
    message: plainReport(
      'mailer-daemon@sender.example',
      'Message undeliverable: Your question',
      `Your message did not reach some or all of the intended recipients.

   Sent: Mon, 2 Mar 2026 09:00:00 +0000
   Subject: Your question

The following recipient(s) could not be reached:

kai@example.org
   Error Type: SMTP
   Remote server (192.0.2.20) issued an error.
   hMailServer sent: RCPT TO:<kai@example.org>
   Remote server replied: 550 5.1.1 unknown user account
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
    format: 'MailEnable',
    message: plainReport(
      'postmaster@sender.example',
      'Message Delivery Failure',
      `MailEnable: Message could not be delivered to some recipients.
The following recipient(s) could not be reached:

Recipient: [SMTP:kai@example.org]
Reason: The message could not be delivered because the domain name (example.org) does not appear to be registered.

Message headers follow:

Received: from app.sender.example by mx.sender.example
`,
    ),
    recipients: [{ address: 'kai@example.org', kind: 'hard', reason: 'invalid_domain' }],
  },
  {
    format: 'GroupWise',
    message: plainReport(
      'Mailer-Daemon@example.org',
      'Message status - undeliverable',
      `The message that you sent was undeliverable to the following:
	kai@example.org (550 5.1.1 no such user)

Possibly truncated original message follows:

${returned}`,
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
    format: 'Dovecot, quota at delivery',
    message: plainReport(
      'Mail Delivery Subsystem <postmaster@example.org>',
      'Rejected: Your question',
      `Your message to <kai@example.org> was automatically rejected:
Quota exceeded (mailbox for user is full)
`,
    ),
    recipients: [{ address: 'kai@example.org', kind: 'soft', reason: 'mailbox_full' }],
  },
]
