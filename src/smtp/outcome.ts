import { retryHintSeconds, type SmtpCommand, type SmtpReply } from './reply.ts'
import { type ReplyRule, replyRules, type Scope } from './reply-rules.ts'

/** What is known after a submission, however it ended. */
export interface SubmissionFacts {
  /** The last chunk of the body was handed over: from here on the server may hold the whole message. */
  released: boolean
  reply?: SmtpReply | undefined
  /** A failure without a reply; `command` is `connect` until the session was ready for MAIL FROM. */
  error?: { code: string; command: string; message: string } | undefined
  /** We withheld the last chunk on purpose, with this reason code (`lease_lapsed`, `aborted` …). */
  refusal?: string | undefined
}

/**
 * `not_sent`: no server ever had the message. `rejected_…`: the server said no. `ambiguous`: it may have it, or not.
 * Only scope `message` can be permanent; with any other scope the message is not at fault and keeps its attempt.
 */
export interface SubmissionVerdict {
  kind: 'accepted' | 'not_sent' | 'rejected_permanent' | 'rejected_transient' | 'ambiguous'
  scope: Scope
  /** Stable snake_case reason code. */
  code: string
  /** The server's own hint, or what its kind of refusal calls for; at least 60. */
  retryAfterSeconds?: number
}

/** The reply decides first, then whether the body was released, and only then the error code. */
export function classifySubmission(facts: SubmissionFacts): SubmissionVerdict {
  const { released, reply, error, refusal } = facts
  if (reply && reply.code >= 400) return judgeReply(reply)
  if (released) return judgeReleased(facts)
  if (refusal) return { kind: 'not_sent', scope: 'message', code: refusal }
  if (error) return judgeUnsent(error)
  // A 2xx for a body that was never complete: no dot left us, but the server thinks that it has something.
  if (reply) return { kind: 'ambiguous', scope: 'message', code: 'reply_before_body' }
  return { kind: 'not_sent', scope: 'host', code: 'connection_failed' }
}

function judgeReleased({ reply, error }: SubmissionFacts): SubmissionVerdict {
  const isPositive = reply && reply.code >= 200 && reply.code < 300
  if (isPositive && !error) return { kind: 'accepted', scope: 'message', code: 'accepted' }
  const code = error?.code === 'ETIMEDOUT' ? 'reply_timeout' : 'connection_lost_after_body'
  return { kind: 'ambiguous', scope: 'message', code }
}

const transactionCommands: readonly SmtpCommand[] = ['MAIL FROM', 'RCPT TO', 'DATA', 'end of DATA']

function judgeReply(reply: SmtpReply): SubmissionVerdict {
  const rule = replyRules.find((candidate) => fits(candidate, reply))
  const verdict = rule ? verdictOf(rule) : defaultVerdict(reply)
  const retryAfterSeconds =
    verdict.kind === 'rejected_permanent'
      ? undefined
      : (retryHintSeconds(reply.text) ?? rule?.retryAfterSeconds)
  return retryAfterSeconds === undefined ? verdict : { ...verdict, retryAfterSeconds }
}

function fits(rule: ReplyRule, reply: SmtpReply): boolean {
  return (
    rule.codes.includes(reply.code) &&
    (rule.at ?? transactionCommands).includes(reply.command) &&
    (rule.enhanced?.test(reply.enhancedStatus ?? '') ?? true) &&
    (rule.text?.test(reply.text) ?? true)
  )
}

function verdictOf({ kind, scope, code }: ReplyRule): SubmissionVerdict {
  return { kind, scope, code }
}

/** What a refusal means at each command when no rule knows better. MAIL FROM speaks of the sender alone. */
function defaultVerdict({ code, command }: SmtpReply): SubmissionVerdict {
  const permanent = code >= 500
  switch (command) {
    case 'connect':
    case 'EHLO':
      return { kind: 'not_sent', scope: 'host', code: 'greeting_refused' }
    case 'STARTTLS':
      // A server that has no TLS on this port still serves mailboxes that do not ask for it.
      return { kind: 'not_sent', scope: permanent ? 'mailbox' : 'host', code: 'tls_failed' }
    case 'AUTH':
      return { kind: 'not_sent', scope: 'mailbox', code: permanent ? 'auth_failed' : 'auth_deferred' }
    case 'MAIL FROM':
      return {
        kind: 'rejected_transient',
        scope: 'mailbox',
        code: permanent ? 'sender_rejected' : 'sender_deferred',
      }
    case 'RCPT TO':
      return refusedMessage(permanent, 'recipient')
    default:
      return refusedMessage(permanent, 'message')
  }
}

function refusedMessage(permanent: boolean, what: 'recipient' | 'message'): SubmissionVerdict {
  return permanent
    ? { kind: 'rejected_permanent', scope: 'message', code: `${what}_rejected` }
    : { kind: 'rejected_transient', scope: 'message', code: `${what}_deferred` }
}

const unsentByCode = new Map<string, SubmissionVerdict>(
  Object.entries<SubmissionVerdict>({
    EENVELOPE: { kind: 'rejected_permanent', scope: 'message', code: 'invalid_envelope' },
    EMAXRECIPIENTS: { kind: 'rejected_permanent', scope: 'message', code: 'invalid_envelope' },
    EMESSAGE: { kind: 'rejected_permanent', scope: 'message', code: 'too_large' },
    EAUTH: { kind: 'not_sent', scope: 'mailbox', code: 'auth_failed' },
    ENOAUTH: { kind: 'not_sent', scope: 'mailbox', code: 'auth_failed' },
    EOAUTH2: { kind: 'not_sent', scope: 'mailbox', code: 'auth_failed' },
    EINSECURE: { kind: 'not_sent', scope: 'mailbox', code: 'insecure_refused' },
    ECLOSED: { kind: 'not_sent', scope: 'message', code: 'transport_closed' },
  }),
)

const dnsRetrySeconds = 5 * 60
const serverRetrySeconds = 15 * 60

// These speak of one mailbox's settings, or of its server's certificate: the mailbox says so itself, and tries again.
const misdirected = { kind: 'not_sent', scope: 'mailbox', retryAfterSeconds: serverRetrySeconds } as const

// Node words a failed handshake, not codes it, once nodemailer has put its own ESOCKET over the code.
const tlsWords = /certificate|altnames|\bSSL|\bTLS/i
// A host that goes away in the middle of the handshake says nothing of its certificate.
const goneWords = /disconnected before secure|socket hang up|ECONNRESET|EPIPE/i

function judgeUnsent(error: { code: string; command: string; message: string }): SubmissionVerdict {
  const known = unsentByCode.get(error.code)
  if (known) return known
  if (error.code === 'EDNS') return { ...misdirected, code: 'dns_failed', retryAfterSeconds: dnsRetrySeconds }
  if (error.code === 'ETLS' || tlsWords.test(error.message)) {
    if (goneWords.test(error.message)) return { kind: 'not_sent', scope: 'host', code: 'tls_failed' }
    return { ...misdirected, code: 'tls_failed' }
  }
  const timedOut = error.code === 'ETIMEDOUT'
  if (error.code === 'EPROTOCOL' && error.command === 'connect') {
    return { ...misdirected, code: 'not_smtp' }
  }
  if (error.command === 'connect') {
    return { kind: 'not_sent', scope: 'host', code: timedOut ? 'connect_timeout' : 'connect_failed' }
  }
  // The host was there and let us in: what it hung up on was this message, and others may go.
  return { kind: 'not_sent', scope: 'message', code: timedOut ? 'session_timeout' : 'connection_lost' }
}
