const suffixes: readonly (readonly [suffix: string, provider: string])[] = [
  ['gmail.com', 'gmail'],
  ['googlemail.com', 'gmail'],
  ['office365.com', 'outlook'],
  ['outlook.com', 'outlook'],
  ['yahoo.com', 'yahoo'],
  ['fastmail.com', 'fastmail'],
  ['messagingengine.com', 'fastmail'],
  ['zoho.com', 'zoho'],
  ['zoho.eu', 'zoho'],
  ['zoho.in', 'zoho'],
  ['amazonaws.com', 'ses'],
]

/** The row of email_providers that an SMTP host belongs to. */
export function inferProvider(smtpHost: string): string {
  const host = smtpHost.toLowerCase().replace(/\.$/, '')
  const match = suffixes.find(([suffix]) => host === suffix || host.endsWith(`.${suffix}`))
  return match?.[1] ?? 'generic'
}
