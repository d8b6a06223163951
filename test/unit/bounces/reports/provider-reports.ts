import { plainReport, type ReportCase, returned } from './report-case.ts'

const gmail = 'Mail Delivery Subsystem <mailer-daemon@googlemail.com>'

/** Reports of mailbox providers in prose. */
export const providerReports: ReportCase[] = [
  {
    format: 'Gmail since 2016',
    message: plainReport(
      gmail,
      'Delivery Status Notification (Failure)',
      `** Address not found **

Your message wasn't delivered to kai@example.org because the address couldn't be found, or is unable to receive mail.

Learn more here: https://support.google.com/mail/?p=NoSuchUser

The response from the remote server was:
550 5.1.1 The email account that you tried to reach does not exist.
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
    format: 'Gmail before 2016, still trying',
    message: plainReport(
      gmail,
      'Delivery Status Notification (Delay)',
      `This is an automatically generated Delivery Status Notification

THIS IS A WARNING MESSAGE ONLY.

YOU DO NOT NEED TO RESEND YOUR MESSAGE.

Delivery to the following recipient has been delayed:

     kai@example.org

Message will be retried for 2 more day(s)

Technical details of temporary failure:
The recipient server did not accept our requests to connect.

----- Original message -----

${returned}`,
    ),
    recipients: [{ address: 'kai@example.org', kind: 'delayed', reason: 'expired' }],
  },
  {
    format: 'Yahoo',
    message: plainReport(
      'MAILER-DAEMON@yahoo.com',
      'Failure Notice',
      `Sorry, we were unable to deliver your message to the following address.

<kai@example.org>:
554: 5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc.com/error-codes

--- Below this line is a copy of the message.

${returned}`,
    ),
    recipients: [
      { address: 'kai@example.org', kind: 'soft', reason: 'policy', status: '5.7.9', smtpCode: '554' },
    ],
  },
  {
    format: 'GMX',
    message: plainReport(
      'GMX Mailer Daemon <mailer-daemon@gmx.de>',
      'Mail delivery failed: returning message to sender',
      `This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of
its recipients. This is a permanent error. The following address
failed:

"kai@example.org":
SMTP error from remote server after RCPT command:
host: mx.example.org
550 mailbox unavailable

--- The header of the original message is following. ---

${returned}`,
    ),
    recipients: [{ address: 'kai@example.org', kind: 'hard', reason: 'invalid_recipient', smtpCode: '550' }],
  },
  {
    format: 'Mail.ru, in two languages',
    message: plainReport(
      'mailer-daemon@corp.mail.ru',
      'Mail failure.',
      `Это письмо создано автоматически сервером Mail.Ru, отвечать на него не нужно.

К сожалению, Ваше письмо не может быть доставлено одному или нескольким получателям:

  kai@example.org
    SMTP error from remote mail server after RCPT TO:<kai@example.org>:
    host mx.example.org [192.0.2.20]: 550 5.2.1 Mailbox disabled

**********************

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. The following address(es) failed:

  kai@example.org
    SMTP error from remote mail server after RCPT TO:<kai@example.org>:
    host mx.example.org [192.0.2.20]: 550 5.2.1 Mailbox disabled

------ This is a copy of the message, including all the headers. ------

${returned}`,
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
    format: 'IronPort',
    message: plainReport(
      'Mail Delivery System <MAILER-DAEMON@esa.example.net>',
      'Delivery Status Notification (Failure)',
      `The following message to <kai@example.org> was undeliverable.
The reason for the problem:
5.1.0 - Unknown address error 550-'5.1.1 <kai@example.org>: Recipient address rejected: User unknown'
`,
    ),
    recipients: [{ address: 'kai@example.org', kind: 'hard', reason: 'invalid_recipient', smtpCode: '550' }],
  },
  {
    format: 'Zoho',
    message: plainReport(
      'mailer-daemon@mail.zoho.com',
      'Undelivered Mail Returned to Sender',
      `This message was created automatically by mail delivery software.
A message that you sent could not be delivered to one or more of its recipients. This is a permanent error.

kai@example.org Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 no such user
mia@example.org Error, ERROR_CODE :552, ERROR_CODE :5.2.2 mailbox full

Received:from app.sender.example by mx.zoho.example
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
      { address: 'mia@example.org', kind: 'soft', reason: 'mailbox_full', status: '5.2.2', smtpCode: '552' },
    ],
  },
  {
    format: 'German, in words of its own',
    message: plainReport(
      'Mail Delivery System <mailer-daemon@kundenserver.example>',
      'Unzustellbar: Your question',
      `Ihre Nachricht konnte nicht zugestellt werden.

Empfänger: kai@example.org
Grund: 550 5.2.2 Das Postfach des Empfängers ist voll (quota exceeded)
`,
    ),
    recipients: [
      { address: 'kai@example.org', kind: 'soft', reason: 'mailbox_full', status: '5.2.2', smtpCode: '550' },
    ],
  },
  {
    format: 'Biglobe',
    message: plainReport(
      'MAILER-DAEMON@biglobe.example',
      'Returned mail: Service unavailable',
      `   ----- The following addresses had delivery problems -----

    kai@example.org

   ----- Non-delivered information -----

The number of messages in recipient's mailbox exceeded the local limit.

   ----- Unsent message follows -----

${returned}`,
    ),
    recipients: [{ address: 'kai@example.org', kind: 'soft', reason: 'mailbox_full' }],
  },
  {
    format: 'InterScan',
    message: plainReport(
      '"InterScan MSS" <postmaster@gw.sender.example>',
      'Mail could not be delivered',
      `Unable to deliver message to <kai@example.org>.

Sent <<< RCPT TO:<kai@example.org>
Received >>> 550 5.1.1 <kai@example.org>... user unknown
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
]
