/**
 * Every way a session fails. The last two concern one message: it was deleted, or the server does not give it (then the
 * connection may be closed as well, and another try may go the same way).
 */
export type ImapFailure =
  | 'auth_failed'
  | 'connect_failed'
  | 'tls_failed'
  | 'too_many_connections'
  | 'closed'
  | 'timeout'
  | 'protocol'
  | 'message_gone'
  | 'message_unreadable'

/** The message says what was asked and, in the server's words, what came of it; secrets are scrubbed. */
export class ImapError extends Error {
  readonly kind: ImapFailure

  constructor(kind: ImapFailure, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'ImapError'
    this.kind = kind
  }
}

/** What imapflow and Node put on an error, as far as it decides anything. */
export interface FailureFacts {
  message: string
  code?: string | undefined
  /** The server's own words: the text of a NO or BAD. */
  responseText?: string | undefined
  /** The words of an untagged BYE. */
  byeReason?: string | undefined
  /** RFC 5530 response code of a refused login. */
  responseCode?: string | undefined
  authenticationFailed?: boolean | undefined
  tlsFailed?: boolean | undefined
}

/** Reads the facts off whatever was thrown. */
export function failureFacts(error: unknown): FailureFacts {
  if (!(error instanceof Error)) return { message: String(error) }
  const raw = error as Error & Record<string, unknown>
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
  return {
    message: error instanceof AggregateError ? aggregateWords(error) : error.message,
    code: text(raw.code),
    responseText: text(raw.responseText) ?? text(raw.response),
    byeReason: text(raw.reason),
    responseCode: text(raw.serverResponseCode),
    authenticationFailed: raw.authenticationFailed === true,
    tlsFailed: raw.tlsFailed === true,
  }
}

const tooMany =
  /too many (?:simultaneous |concurrent |open )?(?:connections|sessions|logins)|maximum number of connections|connection limit|session limit|concurrent connections/i
const tlsCodes = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO$|STARTTLS_INJECTION$)/
const tlsWords = /certificate|altnames|\bSSL|\bTLS/i
const timeoutCodes = new Set([
  'CONNECT_TIMEOUT',
  'GREETING_TIMEOUT',
  'UPGRADE_TIMEOUT',
  'ETIMEOUT',
  'ETIMEDOUT',
])
const lostCodes = new Set([
  'NoConnection',
  'EConnectionClosed',
  'StateLogout',
  'ClosedAfterConnectText',
  'ClosedAfterConnectTLS',
  'ECONNRESET',
  'EPIPE',
])
const unreachableCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'EMFILE',
  'ENFILE',
])
/**
 * imapflow stamps `authenticationFailed` on a connection that was lost while it logged in as well: what
 * happened to the connection decides first.
 */
export function classifyFailure(facts: FailureFacts): ImapFailure {
  const code = facts.code ?? ''
  const said = `${facts.responseText ?? ''} ${facts.byeReason ?? ''}`
  if (tooMany.test(said) || facts.responseCode === 'LIMIT' || code === 'ETHROTTLE')
    return 'too_many_connections'
  if (timeoutCodes.has(code)) return 'timeout'
  if (facts.tlsFailed || tlsCodes.test(code)) return 'tls_failed'
  if (lostCodes.has(code)) return 'closed'
  if (unreachableCodes.has(code)) return 'connect_failed'
  if (facts.authenticationFailed) return isForNow(facts) ? 'connect_failed' : 'auth_failed'
  return tlsWords.test(facts.message) ? 'tls_failed' : 'protocol'
}

// RFC 5530: the server cannot say whether the password is right, or will not now.
const notNow = new Set(['UNAVAILABLE', 'INUSE', 'SERVERBUG', 'CONTACTADMIN', 'OVERQUOTA'])
/** "User is authenticated but not connected" is Exchange's word for a mailbox that is being moved. */
const notNowWords = /temporar|try again|authenticated but not connected/i

function isForNow({ responseCode = '', responseText = '' }: FailureFacts): boolean {
  return notNow.has(responseCode) || notNowWords.test(responseText)
}

/** One sentence for people: what was asked, then the server's words where it spoke. */
export function failureWords(asked: string, facts: FailureFacts): string {
  const said = facts.responseText ?? facts.byeReason
  if (said !== undefined) return `${asked}: the server said "${said}"`
  return `${asked}: ${classifyFailure(facts) === 'closed' ? 'the connection was lost' : facts.message}`
}

/** When every address of a name failed Node gives an AggregateError without a message of its own. */
function aggregateWords(error: AggregateError): string {
  return [...new Set(error.errors.map((cause: Error) => cause.message))].join('; ') || error.message
}
