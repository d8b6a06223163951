import { expect, it } from 'vitest'
import { parseReport } from '../../../src/bounces/parse-report.ts'
import { plainReport, returned } from './reports/report-case.ts'

/** How mail systems name the recipient; the words are theirs, the rest is ours. */
const notices: readonly (readonly [string, string])[] = [
  [
    'a list of failed recipients',
    'Here is your list of failed recipients:\n\n  <kai@example.org>\n     550 user unknown\n\nHere is your returned mail:\n',
  ],
  [
    'sendmail, expanded',
    '   ----- The following addresses had permanent fatal errors -----\nkai@example.org\n    (expanded from: <kai@example.org>)\n\n   ----- Transcript of session follows -----\n550 kai@example.org... User unknown\n',
  ],
  [
    'demon.co.uk',
    'This message was created automatically by mail delivery software.\n\nThe message could not be delivered.\n\n  RCPT TO:<kai@example.org>\n  550 no such user\n\nOriginal message follows.\n',
  ],
  [
    'smail',
    '|------------------------- Message log follows: -------------------------|\n no valid recipients were found for this message\n|------------------------- Failed addresses follow: ---------------------|\n <kai@example.org> ... unknown host\n|------------------------- Message text follows: ------------------------|\n',
  ],
  [
    'MDaemon',
    'The following data may contain sections which represent BASE64 encoded\nfile attachments.\n\nThe following addresses did NOT receive a copy of your message:\n\n> kai@example.org\n\n--- Session Transcript ---\n RCPT To:<kai@example.org>\n 550 user unknown\n--- End Transcript ---\n',
  ],
  [
    'usa.net',
    'Intended recipient: <kai@example.org>\n\nThe mailbox is full.\n\n--------RETURNED MAIL FOLLOWS--------\n',
  ],
  [
    'hotpop',
    'Undeliverable Address: kai@example.org\n\nThe mailbox is over quota.\n\nOriginal message attached.\n',
  ],
  ['Prodigy', "User's mailbox is full: <kai@example.org>\nUnable to deliver mail.\n"],
  [
    'Microsoft SMTPSVC',
    'The email below could not be delivered to the following user:\n\n<kai@example.org>\n\n550 user unknown\n\nOld message:\n',
  ],
  [
    'Earthlink',
    'Sorry, unable to deliver your message to kai@example.org for the following reason:\n\n552 Quota violation for kai@example.org\n\nA copy of the original message below this line:\n',
  ],
  [
    'in French and English',
    'A message could not be delivered to:\n\n  kai@example.org\n\nSubject: Your question\nReason: boîte pleine (mailbox full)\n',
  ],
  ['IMail', 'Invalid final delivery userid: kai@example.org\n\nOriginal message follows.\n'],
  ['E500', '---- Failed Recipients ----\n\n<kai@example.org> no such user\n\n---- Returned Mail ----\n'],
  [
    'LSMTP',
    '--> Error description:\n\nError-for:  kai@example.org\nError-Code: 3\nError-Text: No such local user.\n\nError-End:  1 error reported.\n',
  ],
  [
    'Spanish',
    'Su mensaje no pudo ser entregado - Your message could not be delivered.\n\n<kai@example.org>:\nMailbox quota usage exceeded.\n\n--- Mensaje original adjunto.\n',
  ],
  ['a sentence', 'Your message could not be delivered to kai@example.org because the mailbox is full.\n'],
  [
    'a problem',
    'Your message has encountered delivery problems to the following recipient(s):\n\nkai@example.org\nDelivery failed: user unknown\n\nYour message reads (in part):\n',
  ],
  [
    'EYOU',
    'This is the deliver program at example.org.\nI could not deliver your message to the following addresses.\n\nkai@example.org\nMailbox is full\n\n--- Below this line is a copy of the message.\n',
  ],
  [
    'no such user here',
    'kai@example.org - no such user here.\n\nThere is no user by that name at this server.\n',
  ],
  [
    'a failed recipient',
    'Could not deliver message to the following recipient:\n\nFailed Recipient: kai@example.org\nReason: Remote host said: 550 user unknown\n\n   -- The header and top 20 lines of the message follows --\n',
  ],
  [
    'uci.edu',
    '--------Message not delivered to the following:\n\n        kai@example.org\n\n--------Error Detail (phquery V4.4):\n\n        No such user.\n',
  ],
  [
    'Mimecast',
    'This is a delivery failure notification message indicating that an email you addressed to email address :\n-- kai@example.org\n\ncould not be delivered. The problem appears to be :\n-- Recipient email server rejected the message\n\nAdditional information follows :\n-- Invalid recipient\n',
  ],
  [
    'Kerio',
    'Your mail could not be delivered to some or all of its recipients.\n\nkai@example.org: Failed (550 5.1.1 user unknown)\n',
  ],
  ['CommuniGate', "Failed to deliver to 'kai@example.org'\nmailbox is full\n"],
  [
    'Lotus SMTP MTA',
    'Your message was not delivered to: <kai@example.org>\nReason: User not listed in public Name & Address Book\n',
  ],
  [
    'ArGoSoft',
    'Message could not be delivered to the recipient kai@example.org. Remote server replied: 550 mailbox unavailable\n',
  ],
  [
    'Google Workspace',
    "** Message not delivered **\n\nYour message couldn't be delivered to kai@example.org because the remote server is misconfigured. See the technical details below.\n",
  ],
  [
    'Postfix, wrapped before another address,',
    '<kai@example.org>: host mx.example.org[192.0.2.1] said: 550 5.1.1\n    <bounces@sender.example>: no such user (in reply to RCPT TO command)\n',
  ],
  [
    'Haraka',
    'The attached message could not be delivered to the following recipients:\n\n<kai@example.org>: 550 5.1.1 no such user\n',
  ],
  [
    'Postmaster of a school',
    'The following message could not be delivered. Recipient address: kai@example.org\nReason: unknown user\n',
  ],
  [
    'Japanese',
    '次のあて先へのメッセージはエラーのため送信できませんでした。\n\n送信先メールアドレスが見つかりません。\n\n<kai@example.org>\n',
  ],
  ['Chinese', '很抱歉,您的邮件被退回。\n\n收件人: kai@example.org\n退信原因: 550 User not found\n'],
  [
    'Russian',
    'Ваше письмо не может быть доставлено.\n\nПолучатель: kai@example.org\nПричина: пользователь не найден\n',
  ],
  ['Italian', 'Impossibile recapitare il messaggio a: kai@example.org\nMotivo: casella piena\n'],
]

it.each(notices)('%s names the recipient', (_, notice) => {
  const message = plainReport(
    'Mail Delivery System <mailer-daemon@mx.example>',
    'Undeliverable mail',
    `${notice}\n${returned}`,
  )
  const verdict = parseReport(Buffer.from(message, 'utf8'))
  expect([verdict.type, verdict.recipients.map((one) => one.address)]).toEqual([
    'bounce',
    ['kai@example.org'],
  ])
  expect(verdict.recipients[0]?.reason).not.toBe('unknown')
})
