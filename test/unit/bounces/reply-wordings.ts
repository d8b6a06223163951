import type { BounceReason } from '../../../src/bounces/verdict.ts'

/** Replies as mail servers document them or are known to give them, and the reason that each means. */
export const replyWordings: readonly (readonly [BounceReason, string])[] = [
  // Google, "Gmail SMTP errors and codes"
  ['remote_error', '421 4.3.0 Temporary System Problem. Try again later. - gsmtp'],
  ['remote_error', '421 4.4.5 Server busy, try again later. - gsmtp'],
  ['sender_blocked', '421 4.7.0 IP not in whitelist for RCPT domain, closing connection. - gsmtp'],
  [
    'sender_blocked',
    '421-4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP address. To protect our users from spam, mail sent from your IP address has been temporarily blocked. - gsmtp',
  ],
  [
    'sender_blocked',
    '421-4.7.28 Gmail has detected an unusual rate of unsolicited mail containing one of your URL domains. - gsmtp',
  ],
  ['connection', '421 4.7.0 TLS required for RCPT domain, closing connection. - gsmtp'],
  [
    'rate_limited',
    '450 4.2.1 The user you are trying to contact is receiving mail too quickly. Please resend your message at a later time. - gsmtp',
  ],
  [
    'rate_limited',
    '450 4.2.1 Peak SMTP relay limit exceeded for customer. This is a temporary error. - gsmtp',
  ],
  [
    'mailbox_full',
    "452 4.2.2 The recipient's inbox is out of storage space. Please direct the recipient to https://support.google.com/mail/?p=OverQuotaTemp - gsmtp",
  ],
  ['rate_limited', '452 4.5.3 Your message has too many recipients. - gsmtp'],
  [
    'invalid_recipient',
    "550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking the recipient's email address for typos or 550 5.1.1 unnecessary spaces. - gsmtp",
  ],
  [
    'inactive_mailbox',
    '550 5.2.1 The email account that you tried to reach is inactive. For more information, go to https://support.google.com/mail/?p=DisabledUser - gsmtp',
  ],
  ['inactive_mailbox', '550 5.2.1 The email account that you tried to reach is disabled. - gsmtp'],
  ['rate_limited', '550 5.4.5 Daily SMTP relay limit exceeded for customer. - gsmtp'],
  ['bad_message', '550 5.6.0 Mail message is malformed. Not accepted. - gsmtp'],
  [
    'policy',
    '550 5.7.1 The user or domain that you are sending to (or from) has a policy that prohibited the mail that you sent. - gsmtp',
  ],
  [
    'spam_content',
    '550-5.7.1 Our system has detected that this message is likely unsolicited mail. To reduce the amount of spam sent to Gmail, this message has been blocked. - gsmtp',
  ],
  [
    'sender_blocked',
    '550-5.7.1 Gmail has detected that this message is likely suspicious due to the very low reputation of the sending domain. - gsmtp',
  ],
  [
    'sender_dns',
    '550-5.7.1 This message does not meet IPv6 sending guidelines regarding PTR records and authentication. - gsmtp',
  ],
  [
    'auth_failed',
    '550-5.7.26 This mail has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM. - gsmtp',
  ],
  [
    'auth_failed',
    "550-5.7.26 Unauthenticated email from example.org is not accepted due to domain's DMARC policy. - gsmtp",
  ],
  [
    'sender_dns',
    '550-5.7.25 [192.0.2.1] The IP address sending this message does not have a PTR record setup. - gsmtp',
  ],
  [
    'bad_message',
    '550-5.7.1 This message is not RFC 5322 compliant, the issue is: duplicate From headers. - gsmtp',
  ],
  [
    'policy',
    '552-5.7.0 This message was blocked because its content presents a potential 552-5.7.0 security issue. - gsmtp',
  ],
  ['too_large', "552-5.3.4 Your message exceeded Google's message size limits. - gsmtp"],
  ['mailbox_full', '552-5.2.2 The email account that you tried to reach is over quota. - gsmtp'],
  ['protocol', '503 5.5.1 Bootstrap sequence error: bad sequence of commands - gsmtp'],
  // Microsoft: non-delivery codes of Exchange Online, replies of Outlook.com
  [
    'invalid_recipient',
    '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient a@b.example not found by SMTP address lookup',
  ],
  ['invalid_recipient', '550 5.1.1 RESOLVER.ADR.RecipNotFound; not found'],
  ['invalid_recipient', '550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found'],
  [
    'invalid_recipient',
    '550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [MX0.eop-EUR01.prod.protection.outlook.com]',
  ],
  [
    'invalid_recipient',
    '550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302). [MX1.mail.protection.outlook.com]',
  ],
  ['mailbox_full', '554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException'],
  [
    'mailbox_full',
    '550 5.2.2 STOREDRV.Deliver: mailbox full. The following information should help identify the cause',
  ],
  ['inactive_mailbox', '554 5.2.1 STOREDRV.Deliver.Exception:AccountDisabledException; Account is disabled'],
  ['too_large', '550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient'],
  ['policy', '550 5.7.1 RESOLVER.RST.AuthRequired; authentication required'],
  ['sender_rejected', '550 5.7.1 RESOLVER.RST.NotAuthorized; not authorized'],
  [
    'sender_blocked',
    '550 5.7.606 Access denied, banned sending IP [192.0.2.1]. To request removal from this list please visit https://sender.office.com/',
  ],
  [
    'sender_blocked',
    "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3150).",
  ],
  [
    'sender_blocked',
    '451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation. (S775)',
  ],
  ['remote_error', '451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77719)'],
  [
    'auth_failed',
    '550 5.7.509 Access denied, sending domain EXAMPLE.ORG does not pass DMARC verification and has a DMARC policy of reject.',
  ],
  [
    'auth_failed',
    '550 5.7.515 Access denied, sending domain EXAMPLE.ORG does not meet the required authentication level.',
  ],
  [
    'auth_failed',
    '550 5.7.23 The message was rejected because of Sender Policy Framework violation -> 550 5.7.1',
  ],
  ['relay_denied', '550 5.7.64 TenantAttribution; Relay Access Denied [MX.eop.outlook.com]'],
  ['relay_denied', '550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain'],
  ['sender_rejected', '550 5.1.8 Access denied, bad outbound sender AS(42004)'],
  [
    'recipient_filtered',
    "550 5.7.129 RESOLVER.RST.RestrictedToRecipientsPermission; not authorized to send to recipient because the sender isn't on the recipient's list of senders to accept mail from",
  ],
  ['expired', '550 5.4.300 Message expired -> 421 4.4.1 Connection timed out'],
  ['invalid_domain', '550 5.4.310 DNS domain example.invalid does not exist [Message=InfoDomainNonexistent]'],
  ['connection', '554 5.4.14 Hop count exceeded - possible mail loop ATTR34'],
  ['connection', '554 5.4.6 Hop count exceeded - possible mail loop'],
  [
    'rate_limited',
    '421 RP-001 (BAY0-MC1-F10) Unfortunately, some messages from 192.0.2.1 were deferred due to exceeding the rate limits',
  ],
  ['sender_blocked', '550 SC-001 (COL004-MC2F1) Unfortunately, messages from 192.0.2.1 were not sent'],
  [
    'sender_blocked',
    '550 DY-001 (COL004-MC2F1) Unfortunately, messages from 192.0.2.1 were not sent. dynamic IP',
  ],
  // Yahoo, AOL
  [
    'sender_blocked',
    '421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1',
  ],
  [
    'sender_blocked',
    '421 4.7.1 [TS03] All messages from 192.0.2.1 will be permanently deferred; Retrying will NOT succeed.',
  ],
  [
    'sender_blocked',
    "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because the ip is in Spamhaus's list",
  ],
  [
    'policy',
    '554 5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc.com/error-codes',
  ],
  [
    'auth_failed',
    '554 5.7.5 (AU01) Message not accepted for policy reasons due to DKIM verification failure',
  ],
  [
    'inactive_mailbox',
    '554 delivery error: dd Sorry, your message to a@b.example cannot be delivered. This mailbox is disabled (554.30). - mta4321.mail.ne1.yahoo.com',
  ],
  ['mailbox_full', '552 5.2.2 <a@b.example>: Mailbox full'],
  ['inactive_mailbox', '552 1 Requested mail action aborted, mailbox disabled'],
  ['sender_blocked', '554 5.7.1 (RTR:BL) https://postmaster.aol.com/error-codes#554rtrbl'],
  ['sender_blocked', '421 4.7.1 : (CON:B1) https://postmaster.aol.com/error-codes#421conb1'],
  // Apple
  ['invalid_recipient', '550 5.1.1 <a@icloud.com>: user does not exist'],
  ['invalid_recipient', '550 5.1.1 unknown or illegal alias: a@me.com'],
  [
    'policy',
    '550 5.7.1 [CS01] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137',
  ],
  ['auth_failed', '550 5.7.1 Your message was rejected due to example.org DMARC policy.'],
  ['rate_limited', '421 4.7.1 Messages to a@icloud.com deferred due to excessive volume. Try again later'],
  ['mailbox_full', '552 5.2.2 <a@icloud.com>: user is over quota'],
  // Orange, La Poste, SFR, Free
  [
    'rate_limited',
    '421 mwinf5c04 ME Trop de connexions, veuillez verifier votre configuration. Too many connections, slow down. OFR004_104 [104]',
  ],
  [
    'sender_blocked',
    '421 mwinf5c77 ME Service refuse. Veuillez essayer plus tard. Service refused, please try later. OFR_999 [999]',
  ],
  [
    'invalid_recipient',
    '550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]',
  ],
  ['spam_content', '550 5.2.0 Mail rejete. Mail rejected. OFR_506 [506]'],
  [
    'inactive_mailbox',
    '550 5.5.0 Le compte du destinataire est bloque. The recipient account is blocked. LPN007_426',
  ],
  // GoDaddy, Comcast, Cox, Spectrum
  [
    'sender_blocked',
    '554 p3plibsmtp02.example bizsmtp IB103. Connection refused. 192.0.2.1 has a poor reputation on Cloudmark Sender Intelligence (CSI).',
  ],
  [
    'spam_content',
    '552 5.2.0 This message has been rejected due to content judged to be spam by the internet community IB212',
  ],
  ['sender_rejected', '550 example.org From: Domain is invalid. Provide a valid From: IB506'],
  ['rate_limited', '550 a@b.example - 192.0.2.1 has sent to too many recipients this hour. IB607'],
  ['invalid_recipient', '550 5.1.1 <a@b.example> Recipient not found. <http://x.co/irbounce>'],
  ['mailbox_full', '550 5.2.2 Account storage limit'],
  [
    'sender_blocked',
    '554 resimta-po-11v.sys.comcast.net 192.0.2.1 found on one or more DNSBLs, see http://postmaster.comcast.net/smtp-error-codes.php#BL000010',
  ],
  ['rate_limited', '421 cmsmtp 192.0.2.1 Too many sessions opened AUP#In-1310'],
  // GMX, Web.de, T-Online, 1&1
  [
    'sender_blocked',
    '554-gmx.net (mxgmx116) Nemesis ESMTP Service not available 554-No SMTP service 554-IP address is black listed.',
  ],
  [
    'sender_blocked',
    '554 IP=192.0.2.1 - A problem occurred. (Ask your postmaster for help or to contact tosa@rx.t-online.de to clarify.) (BL)',
  ],
  ['invalid_recipient', '550 5.1.1 Requested action not taken: mailbox unavailable'],
  ['mailbox_full', '552-Requested mail action aborted: exceeded storage allocation 552-Quota exceeded.'],
  ['too_large', '552 5.3.4 Requested mail action aborted: message size exceeds fixed limit'],
  // Mail.ru, Yandex, Rambler
  [
    'invalid_recipient',
    '550 5.1.1 Message was not accepted -- invalid mailbox. Local mailbox a@mail.ru is unavailable: user not found',
  ],
  [
    'spam_content',
    '550 spam message rejected. Please visit http://help.mail.ru/notspam-support/id?c=abc or report details to abuse@corp.mail.ru.',
  ],
  [
    'mailbox_full',
    '552 5.2.2 Message was not accepted -- user mailbox is full. Local mailbox a@mail.ru is unavailable: mailbox overquota',
  ],
  [
    'auth_failed',
    '550 5.7.1 This message was not accepted due to domain (example.org) owner DMARC policy (RFC 7489)',
  ],
  ['spam_content', '554 5.7.1 Message rejected under suspicion of SPAM; https://ya.cc/1IrBc'],
  ['invalid_recipient', '550 5.7.1 No such user! 1770727568-8kRkAnR9 (in reply to RCPT TO command)'],
  ['inactive_mailbox', '550 5.7.1 Policy rejection on the target address: this mailbox is frozen'],
  // NetEase, Tencent, Sina
  [
    'sender_blocked',
    '550 MI:SPB 163 smtp10, connection from your IP has been blocked by our spam block list',
  ],
  [
    'spam_content',
    '554 DT:SPM 163 smtp5, message rejected as spam. Please see http://mail.163.com/help/help_spam_16.htm',
  ],
  ['invalid_recipient', '550 User not found: a@163.com (in reply to RCPT TO command)'],
  [
    'rate_limited',
    '550 Ip frequency limited. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000725',
  ],
  ['rate_limited', '550 Connection frequency limited'],
  ['inactive_mailbox', '550 Mailbox unavailable or access denied: account has been suspended'],
  // Mimecast, Proofpoint, Barracuda, Cisco, Trend Micro, Sophos, Symantec
  [
    'sender_blocked',
    '550 csi.mimecast.org Poor Reputation Sender. - https://community.mimecast.com/docs/DOC-1369#550',
  ],
  ['sender_rejected', '550 Administrative prohibition - envelope blocked - sender address blocked'],
  [
    'greylisted',
    '451 Internal resources are temporarily unavailable - https://community.mimecast.com greylisting',
  ],
  ['sender_blocked', '554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1'],
  ['sender_blocked', '550 permanent failure for one or more recipients (a@b.example:blocked)'],
  [
    'sender_blocked',
    "554-mx.example Your access to this mail system has been rejected due to the sending MTA's poor reputation.",
  ],
  ['spam_content', '550 5.7.1 Message rejected as spam by Content Filtering.'],
  ['virus', '554 5.7.1 Virus detected by ClamAV: Eicar-Test-Signature'],
  ['policy', '554 5.7.1 The file attachment type is not allowed: invoice.exe (banned file)'],
  // Amazon SES, SparkPost, SendGrid
  [
    'suppressed_by_provider',
    'Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid address.',
  ],
  ['suppressed_by_provider', '550 5.7.1 recipient address was suppressed due to system policy'],
  // Postfix
  [
    'invalid_recipient',
    'host mx.example[192.0.2.1] said: 550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in virtual mailbox table (in reply to RCPT TO command)',
  ],
  ['relay_denied', '554 5.7.1 <a@b.example>: Relay access denied'],
  [
    'greylisted',
    '450 4.2.0 <a@b.example>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/b.example.html',
  ],
  ['greylisted', '451 4.7.1 Greylisting in action, please come back later'],
  [
    'sender_blocked',
    '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1',
  ],
  ['sender_dns', '450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]'],
  ['sender_dns', '550 5.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]'],
  ['sender_rejected', '450 4.1.8 <s@x.example>: Sender address rejected: Domain not found'],
  [
    'sender_rejected',
    '550 5.1.0 <s@x.example>: Sender address rejected: User unknown in relay recipient table',
  ],
  ['sender_blocked', '504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname'],
  ['mailbox_full', '452 4.2.2 <a@b.example>: Recipient address rejected: Mailbox is full'],
  ['mailbox_full', '552 5.2.2 <a@b.example>: Quota exceeded (mailbox for user is full)'],
  ['too_large', '552 5.3.4 Message size exceeds fixed limit'],
  ['remote_error', '451 4.3.0 <a@b.example>: Temporary lookup failure'],
  ['remote_error', '452 4.3.1 Insufficient system storage'],
  ['remote_error', '451 4.3.5 Server configuration problem'],
  ['remote_error', '451 4.3.0 Error: queue file write error'],
  ['rate_limited', '450 4.7.1 Error: too much mail from 192.0.2.1'],
  ['rate_limited', '421 4.7.0 mx.example Error: too many connections from 192.0.2.1'],
  ['protocol', '502 5.5.2 Error: command not recognized'],
  ['connection', 'connect to mx.example[192.0.2.1]:25: No route to host'],
  ['connection', 'connect to mx.example[192.0.2.1]:25: Network is unreachable'],
  ['connection', 'lost connection with mx.example[192.0.2.1] while receiving the initial server greeting'],
  ['expired', 'connect to mx.example[192.0.2.1]:25: Connection timed out'],
  ['connection', 'mail for b.example loops back to myself'],
  [
    'invalid_domain',
    'Host or domain name not found. Name service error for name=b.example type=AAAA: Host not found',
  ],
  ['invalid_domain', 'Domain b.example does not accept mail (nullMX)'],
  ['connection', 'TLS is required, but was not offered by host mx.example[192.0.2.1]'],
  ['connection', 'Server certificate not verified'],
  ['remote_error', 'Command died with status 1: "/usr/bin/procmail"'],
  [
    'remote_error',
    'maildir delivery failed: create maildir file /home/a/Maildir/tmp/1.P2.host: Permission denied',
  ],
  // Exim
  ['invalid_domain', 'Unrouteable address'],
  ['invalid_domain', 'all relevant MX records point to non-existent hosts'],
  ['expired', 'retry timeout exceeded'],
  ['expired', 'retry time not reached for any host after a long failure period'],
  ['sender_rejected', '550 Verification failed for <s@x.example> 550 Sender verify failed'],
  ['sender_blocked', '550 Rejected: 192.0.2.1 is listed at zen.spamhaus.org'],
  ['spam_content', '550 This message was classified as SPAM and may not be delivered'],
  ['virus', '550 This message contains a virus (Eicar-Test-Signature).'],
  ['too_large', '552 message size exceeds maximum permitted'],
  ['policy', '550 Administrative prohibition'],
  ['relay_denied', '550 relay not permitted'],
  ['mailbox_full', 'mailbox is full (MTA-imposed quota exceeded while writing to file /var/mail/a)'],
  // sendmail, qmail, Courier, Domino, others
  ['invalid_domain', '550 5.1.2 <a@b.example>... Host unknown (Name server: b.example: host not found)'],
  ['sender_rejected', '553 5.1.8 <s@x.example>... Domain of sender address s@x.example does not exist'],
  ['expired', 'Message could not be delivered for 5 days'],
  ['connection', '554 5.4.6 Too many hops 27 (25 max): from <s@x.example> via mx.example'],
  ['remote_error', '554 5.3.0 unknown mailer error 1'],
  ['remote_error', '550 5.3.5 system config error'],
  ['invalid_domain', "Sorry, I couldn't find any host named b.example. (#5.1.2)"],
  ['invalid_recipient', 'Sorry, no mailbox here by that name. vpopmail (#5.1.1)'],
  ['mailbox_full', 'user is over quota (#5.2.2)'],
  ['mailbox_full', "The user's mailbox has exceeded its disk quota. (#5.2.2)"],
  ['relay_denied', "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"],
  ['connection', 'This message is looping: it already has my Delivered-To line. (#5.4.6)'],
  ['too_large', 'Sorry, that message size exceeds my databytes limit (#5.3.4)'],
  ['expired', "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)"],
  ['invalid_recipient', '550 5.1.1 User a (a@b.example) not listed in Domino Directory'],
  ['moved', '551 5.1.6 User not local; please try <c@d.example>'],
  ['moved', 'This person is no longer with the company. a@b.example has moved to c@d.example'],
  ['inactive_mailbox', '550 5.2.1 Mailbox disabled for this recipient'],
  ['inactive_mailbox', '525 5.7.13 User account disabled'],
  [
    'inactive_mailbox',
    '554 5.7.1 <a@b.example>: Recipient address rejected: this account has been suspended',
  ],
  ['recipient_filtered', '550 5.7.1 rejected by recipient: sender is on the block list of the user'],
  ['bad_message', '554 5.6.1 Body type not supported by Remote Host'],
  ['bad_message', '550 5.6.0 Lone CR or LF in headers (see RFC2822 section 2.2)'],
]
