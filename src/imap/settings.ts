/** How to reach and log in to one mailbox's IMAP server. */
export interface ImapSettings {
  /** The mailbox; it has one session at a time. */
  id: string
  host: string
  port: number
  /** `starttls` is required, never opportunistic; `tls` is implicit TLS (RFC 8314). */
  security: 'starttls' | 'tls' | 'none'
  username: string
  password: string
  /** Lets password and mail cross the network in the clear when `security` is `none`. */
  insecureAuth?: boolean | undefined
}

/** Why these settings may not be used, in words; undefined if all is well. */
export function insecureReason({ host, security, insecureAuth }: ImapSettings): string | undefined {
  if (security !== 'none' || insecureAuth || isLoopback(host)) return undefined
  return `security "none" would send password and mail to and from ${host} in the clear: use starttls or tls`
}

function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '')
  return name === 'localhost' || name === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name)
}

/** Takes the password out of what a server or library said, also as LOGIN quotes it and as AUTHENTICATE encodes it. */
export function scrub(
  text: string,
  { username, password }: Pick<ImapSettings, 'username' | 'password'>,
): string {
  if (password === '') return text
  const quoted = password.replace(/[\\"]/g, '\\$&')
  const encoded = [
    password,
    `\u0000${username}\u0000${password}`,
    `${username}\u0000${username}\u0000${password}`,
  ]
    .map((form) => Buffer.from(form).toString('base64'))
    .flatMap((form) => [form, form.replace(/=+$/, '')])
  return [...encoded, quoted, password].reduce((clean, form) => clean.replaceAll(form, '***'), text)
}
