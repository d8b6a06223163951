/** How to reach and log in to one mailbox's submission server. */
export interface SmtpMailbox {
  id: string
  host: string
  port: number
  /** `starttls` is required, never opportunistic; `tls` is implicit TLS (RFC 8314). */
  security: 'starttls' | 'tls' | 'none'
  username?: string | undefined
  password?: string | undefined
  maxConnections: number
  /** Lets password and mail cross the network in the clear when `security` is `none`. */
  insecureAuth?: boolean | undefined
  /** Provider id, for reading the Message-ID that a rewriting server returns. */
  provider?: string | undefined
}

/** Why nothing may be sent with these settings, in words; undefined if all is well. */
export function insecureReason(
  mailbox: Pick<SmtpMailbox, 'host' | 'security' | 'insecureAuth'>,
): string | undefined {
  if (mailbox.security !== 'none' || mailbox.insecureAuth || isLoopback(mailbox.host)) return undefined
  return `security "none" would send password and mail to ${mailbox.host} in the clear: use starttls or tls`
}

/** Whether the traffic to a host stays on this machine. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '')
  return name === 'localhost' || name === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name)
}

// A shorter password stands in too many innocent words, which would all be mutilated.
const leastSearched = 4

/** Takes a mailbox's password out of what a server or library said, also in the forms that AUTH gives it. */
export function scrub(
  text: string,
  { username = '', password = '' }: Pick<SmtpMailbox, 'username' | 'password'>,
): string {
  const withoutAuth = text.replace(/\bAUTH\s+[A-Z0-9-]+\s+\S+/gi, 'AUTH ***')
  if (password === '') return withoutAuth
  const plain = [
    password,
    `\u0000${username}\u0000${password}`,
    `${username}\u0000${username}\u0000${password}`,
  ]
  const encoded = plain.map((form) => Buffer.from(form).toString('base64'))
  const unpadded = encoded.map((form) => form.replace(/=+$/, ''))
  return [...encoded, ...unpadded, password]
    .filter((form) => form.length >= leastSearched)
    .reduce((clean, form) => clean.replaceAll(form, '***'), withoutAuth)
}
