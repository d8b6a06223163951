import type { SmtpCommand } from './reply.ts'

/** Who a refusal is about: what has to wait before the same thing is tried again. */
export type Scope = 'message' | 'recipient_provider' | 'mailbox' | 'host'

export interface ReplyRule {
  /** The real reply it was written for: the table test holds every rule to its own sample. */
  reply: string
  codes: readonly number[]
  enhanced?: RegExp
  text?: RegExp
  /** The commands it speaks of; without it MAIL FROM, RCPT TO, DATA and end of DATA. */
  at?: readonly SmtpCommand[]
  kind: 'rejected_permanent' | 'rejected_transient'
  scope: Scope
  /** Stable reason code; the names of bounce reasons are used where one fits. */
  code: string
  /** How long to wait when the server itself does not say. */
  retryAfterSeconds?: number
}

const later = 'rejected_transient'
const never = 'rejected_permanent'
const toRecipient: readonly SmtpCommand[] = ['RCPT TO', 'DATA', 'end of DATA']

/** The first rule that fits decides. Only scope `message` may be permanent: nothing else is the message's fault. */
export const replyRules: readonly ReplyRule[] = [
  // Our session, not our message: the server closed it for idleness as we spoke.
  {
    reply: '421 4.4.2 mail.example.com Error: timeout exceeded',
    codes: [421, 451],
    enhanced: /^4\.4\.2$/,
    kind: later,
    scope: 'message',
    code: 'session_expired',
    retryAfterSeconds: 60,
  },
  // The sending mailbox: not logged in, over its limits, or not allowed to send as itself.
  {
    reply: '530 5.7.0 Must issue a STARTTLS command first',
    codes: [530],
    text: /STARTTLS/i,
    kind: later,
    scope: 'mailbox',
    code: 'tls_required',
  },
  {
    reply: '530 5.7.0 Authentication Required. For more information, go to the help centre - gsmtp',
    codes: [530, 534, 535, 538],
    kind: later,
    scope: 'mailbox',
    code: 'auth_required',
  },
  // Gmail: "may take up to 24 hours".
  {
    reply:
      '550 5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits - gsmtp',
    codes: [421, 450, 452, 550, 552, 554],
    enhanced: /^[45]\.4\.5$/,
    text: /limit|quota/i,
    kind: later,
    scope: 'mailbox',
    code: 'daily_limit',
    retryAfterSeconds: 4 * 3_600,
  },
  {
    reply: '550 5.7.1 Daily SMTP relay limit exceeded for customer. For more information - gsmtp',
    codes: [421, 450, 550],
    text: /daily .{0,40}limit exceeded/i,
    kind: later,
    scope: 'mailbox',
    code: 'daily_limit',
    retryAfterSeconds: 4 * 3_600,
  },
  {
    reply: '454 Throttling failure: Daily message quota exceeded.',
    codes: [454],
    text: /daily message quota/i,
    kind: later,
    scope: 'mailbox',
    code: 'daily_limit',
    retryAfterSeconds: 4 * 3_600,
  },
  {
    reply: '554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException',
    codes: [554],
    text: /SubmissionQuotaExceeded/i,
    kind: later,
    scope: 'mailbox',
    code: 'daily_limit',
    retryAfterSeconds: 4 * 3_600,
  },
  {
    reply:
      '550 5.1.90 Your message cannot be sent because you have reached your daily limit for message recipients.',
    codes: [550, 554],
    enhanced: /^5\.1\.90$/,
    kind: later,
    scope: 'mailbox',
    code: 'daily_limit',
    retryAfterSeconds: 4 * 3_600,
  },
  // cPanel on Exim; counted by the clock's hour.
  {
    reply: '550 Domain acme.example has exceeded the max emails per hour (101/100 (101%)) allowed.',
    codes: [421, 450, 451, 550, 554],
    text: /exceeded the max (?:emails|defers and failures) per hour/i,
    kind: later,
    scope: 'mailbox',
    code: 'rate_limited',
    retryAfterSeconds: 3_600,
  },
  // Zoho.
  {
    reply: '550 5.4.6 Unusual sending activity detected. Please try after sometime.',
    codes: [550, 554],
    text: /unusual sending activity/i,
    kind: later,
    scope: 'mailbox',
    code: 'sender_throttled',
    retryAfterSeconds: 3_600,
  },
  // Exchange Online has taken the account for a spammer's.
  {
    reply:
      '554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; Failed to process message due to a permanent exception',
    codes: [550, 554],
    text: /OutboundSpamException/i,
    kind: later,
    scope: 'mailbox',
    code: 'sender_blocked',
  },
  {
    reply: '550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP.',
    codes: [550, 554],
    enhanced: /^5\.7\.70[58]$/,
    kind: later,
    scope: 'mailbox',
    code: 'sender_blocked',
  },
  // Postfix counts by the minute (anvil).
  {
    reply: '450 4.7.1 Error: too much mail from 192.0.2.1',
    codes: [450],
    text: /too much mail from/i,
    at: ['MAIL FROM'],
    kind: later,
    scope: 'mailbox',
    code: 'rate_limited',
    retryAfterSeconds: 60,
  },
  {
    reply:
      '452 4.3.2 The maximum number of concurrent connections has exceeded a limit, closing transmission channel',
    codes: [421, 452],
    text: /concurrent (?:smtp )?connections/i,
    kind: later,
    scope: 'mailbox',
    code: 'concurrency_limit',
    retryAfterSeconds: 60,
  },
  {
    reply: '432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded',
    codes: [432],
    kind: later,
    scope: 'mailbox',
    code: 'concurrency_limit',
    retryAfterSeconds: 60,
  },
  {
    reply: '454 Throttling failure: Maximum sending rate exceeded.',
    codes: [454],
    text: /sending rate/i,
    kind: later,
    scope: 'mailbox',
    code: 'rate_limited',
    retryAfterSeconds: 60,
  },
  {
    reply: '450 4.2.1 Peak SMTP relay limit exceeded for customer. This is a temporary error.',
    codes: [421, 450],
    text: /relay limit exceeded/i,
    kind: later,
    scope: 'mailbox',
    code: 'rate_limited',
    retryAfterSeconds: 300,
  },
  {
    reply: '554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException',
    codes: [554],
    text: /STOREDRV\.Submission\.Exception:\s?QuotaExceeded/i,
    kind: later,
    scope: 'mailbox',
    code: 'sender_mailbox_full',
  },
  {
    reply: '550 5.2.251 Sender throttled due to continuous mailbox full errors.',
    codes: [550, 554],
    enhanced: /^5\.2\.25\d$/,
    kind: later,
    scope: 'mailbox',
    code: 'sender_throttled',
  },
  {
    reply: '550 5.1.8 Access denied, bad outbound sender',
    codes: [501, 550, 553, 554],
    enhanced: /^5\.1\.[78]$/,
    kind: later,
    scope: 'mailbox',
    code: 'sender_rejected',
  },
  {
    reply: '550 5.7.60 SMTP; Client does not have permissions to send as this sender',
    codes: [550, 554],
    text: /permissions? to send as|SendAsDenied/i,
    kind: later,
    scope: 'mailbox',
    code: 'sender_rejected',
  },
  {
    reply: '553 5.7.1 <ann@example.com>: Sender address rejected: not owned by user bob@example.com',
    codes: [550, 553, 554],
    text: /sender address rejected/i,
    kind: later,
    scope: 'mailbox',
    code: 'sender_rejected',
  },
  {
    reply: '554 Message rejected: Email address is not verified. The following identities failed the check',
    codes: [554],
    text: /email address is not verified/i,
    kind: later,
    scope: 'mailbox',
    code: 'sender_rejected',
  },
  // At our own submission server this means that it does not know us.
  {
    reply: '554 5.7.1 <ann@example.com>: Relay access denied',
    codes: [454, 550, 551, 553, 554],
    text: /relay(?:ing)?(?: access)? (?:denied|not permitted|not allowed)|unable to relay/i,
    kind: later,
    scope: 'mailbox',
    code: 'relay_denied',
  },
  {
    reply: "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
    codes: [550, 553],
    text: /allowed rcpthosts/i,
    at: toRecipient,
    kind: later,
    scope: 'mailbox',
    code: 'relay_denied',
  },
  // The submission server itself.
  {
    reply: '452 4.3.1 Insufficient system storage',
    codes: [452],
    enhanced: /^4\.3\.1$/,
    kind: later,
    scope: 'host',
    code: 'server_full',
    retryAfterSeconds: 600,
  },
  {
    reply: '421 4.3.0 Temporary System Problem. Try again later - gsmtp',
    codes: [421],
    enhanced: /^4\.(?:3\.\d|4\.5)$/,
    kind: later,
    scope: 'host',
    code: 'server_unavailable',
    retryAfterSeconds: 300,
  },
  // This recipient, for now.
  {
    reply:
      '450 4.2.0 <ann@example.com>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/',
    codes: [421, 450, 451, 452],
    text: /gr[ae]y-?list/i,
    at: toRecipient,
    kind: later,
    scope: 'message',
    code: 'greylisted',
  },
  {
    reply: '451 4.7.1 Please try again later',
    codes: [450, 451],
    enhanced: /^4\.7\.1$/,
    at: toRecipient,
    kind: later,
    scope: 'message',
    code: 'greylisted',
  },
  {
    reply: '452 4.2.2 The email account that you tried to reach is over quota.',
    codes: [422, 450, 451, 452, 550, 552, 554],
    enhanced: /^[45]\.2\.2$/,
    at: toRecipient,
    kind: later,
    scope: 'message',
    code: 'mailbox_full',
  },
  {
    reply: '552 Requested mail action aborted: exceeded storage allocation',
    codes: [422, 452, 552],
    text: /storage allocation|over ?quota|quota exceeded|mailbox (?:is )?full/i,
    at: toRecipient,
    kind: later,
    scope: 'message',
    code: 'mailbox_full',
  },
  {
    reply: '450 4.2.1 The user you are trying to contact is receiving mail too quickly.',
    codes: [450, 550],
    text: /receiving mail (?:too quickly|at a rate)/i,
    at: toRecipient,
    kind: later,
    scope: 'message',
    code: 'recipient_rate_limited',
  },
  // This message, for ever.
  {
    reply: '552 5.3.4 Message size exceeds fixed limit',
    codes: [523, 550, 552, 554],
    enhanced: /^5\.(?:3\.4|2\.3)$/,
    kind: never,
    scope: 'message',
    code: 'too_large',
  },
  {
    reply: '552 Message size exceeds maximum permitted',
    codes: [523, 552],
    text: /size|too (?:large|big)/i,
    kind: never,
    scope: 'message',
    code: 'too_large',
  },
  {
    reply: '550 5.1.1 The email account that you tried to reach does not exist.',
    codes: [550, 551, 553, 554],
    enhanced: /^5\.1\.(?:1|3|6)$/,
    at: toRecipient,
    kind: never,
    scope: 'message',
    code: 'invalid_recipient',
  },
  {
    reply: '550 5.1.2 <ann@exmaple.com>: Recipient address rejected: Domain not found',
    codes: [550, 553, 554, 556],
    enhanced: /^5\.1\.(?:2|10)$/,
    at: toRecipient,
    kind: never,
    scope: 'message',
    code: 'invalid_domain',
  },
  {
    reply: '550 5.2.1 The email account that you tried to reach is disabled.',
    codes: [525, 550, 554],
    enhanced: /^5\.2\.1$/,
    at: toRecipient,
    kind: never,
    scope: 'message',
    code: 'inactive_mailbox',
  },
  {
    reply: '550 5.7.1 Our system has detected that this message is likely unsolicited mail.',
    codes: [550, 552, 554],
    text: /\bspam\b|unsolicited/i,
    at: ['DATA', 'end of DATA'],
    kind: never,
    scope: 'message',
    code: 'spam_content',
  },
  // Everybody at this provider: we go too fast, or are not trusted today.
  {
    reply: '421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume',
    codes: [421],
    at: toRecipient,
    kind: later,
    scope: 'recipient_provider',
    code: 'provider_deferred',
  },
  {
    reply: '451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation.',
    codes: [421, 450, 451, 452, 454],
    enhanced: /^4\.7\.\d+$/,
    at: toRecipient,
    kind: later,
    scope: 'recipient_provider',
    code: 'provider_deferred',
  },
  // A 5xx that would meet every message of ours there: it waits for somebody to mend it.
  {
    reply:
      '550 5.7.26 This mail has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM. - gsmtp',
    codes: [550, 554],
    enhanced: /^5\.7\.(?:2[0-7]|30|40|509|515)$/,
    at: toRecipient,
    kind: later,
    scope: 'recipient_provider',
    code: 'sender_unauthenticated',
  },
  {
    reply: '550 SPF check failed: 192.0.2.1 is not allowed to send mail from acme.example',
    codes: [550, 554],
    text: /\b(?:SPF|DKIM|DMARC)\b.{0,60}\b(?:fail(?:ed|ure|s)?|not pass|violation)/i,
    at: toRecipient,
    kind: later,
    scope: 'recipient_provider',
    code: 'sender_unauthenticated',
  },
  {
    reply:
      '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1',
    codes: [550, 553, 554],
    text: /\b(?:client|host|ip)\b.{0,60}\b(?:blocked using|(?:black|block) ?listed)|\bon our block ?list|\bbanned sending IP/i,
    at: toRecipient,
    kind: later,
    scope: 'recipient_provider',
    code: 'host_blocklisted',
  },
]
