const week = 7 * 86_400
const day = 86_400
const hour = 3600

/** Domains whose provider is known without a lookup; `*` stands for anything. */
const knownDomains: readonly (readonly [provider: string, domains: readonly string[]])[] = [
  ['google', ['gmail.com', 'googlemail.com', 'google.com']],
  ['microsoft', ['outlook.*', 'hotmail.*', 'live.*', 'msn.com', 'passport.com', 'windowslive.com']],
  ['yahoo', ['yahoo.*', 'ymail.com', 'rocketmail.com', 'aol.*', 'aim.com', 'verizon.net']],
  ['apple', ['icloud.com', 'me.com', 'mac.com']],
  ['gmx', ['gmx.*', 'web.de', 'mail.com']],
  ['t-online', ['t-online.de', 'magenta.de']],
  ['proton', ['proton.me', 'protonmail.com', 'protonmail.ch', 'pm.me']],
  ['zoho', ['zoho.com', 'zohomail.com', 'zohomail.eu']],
  ['fastmail', ['fastmail.com', 'fastmail.fm']],
  ['yandex', ['yandex.*', 'ya.ru']],
  ['mailru', ['mail.ru', 'bk.ru', 'inbox.ru', 'list.ru']],
]

/** Who stands behind an MX host, by the end of its name. */
const mxHosts: readonly (readonly [provider: string, suffixes: readonly string[]])[] = [
  ['google', ['google.com', 'googlemail.com', 'smtp.goog']],
  ['microsoft', ['protection.outlook.com', 'olc.protection.outlook.com', 'hotmail.com', 'mx.microsoft']],
  ['yahoo', ['yahoodns.net']],
  ['apple', ['icloud.com']],
  ['gmx', ['gmx.net', 'gmx.com', 'web.de', 'mail.com']],
  ['ionos', ['kundenserver.de', 'ionos.com', 'ionos.de', 'ionos.co.uk', '1and1.com']],
  ['t-online', ['t-online.de']],
  ['mimecast', ['mimecast.com', 'mimecast.co.za']],
  ['proofpoint', ['pphosted.com', 'ppe-hosted.com']],
  ['barracuda', ['barracudanetworks.com']],
  ['messagelabs', ['messagelabs.com']],
  ['cisco', ['iphmx.com']],
  ['trendmicro', ['trendmicro.com', 'trendmicro.eu']],
  ['hornetsecurity', ['hornetsecurity.com', 'antispameurope.com']],
  ['zoho', ['zoho.com', 'zoho.eu', 'zoho.in', 'zohomail.com']],
  ['proton', ['protonmail.ch']],
  ['fastmail', ['messagingengine.com']],
  ['yandex', ['yandex.net', 'yandex.ru']],
  ['mailru', ['mail.ru']],
  ['ovh', ['ovh.net', 'ovh.ca']],
  ['rackspace', ['emailsrvr.com']],
  ['godaddy', ['secureserver.net']],
  ['amazon', ['amazonaws.com']],
]

/** The provider of a well-known mail domain. */
function providerOfKnownDomain(domain: string): string | undefined {
  return knownDomains.find(([, patterns]) => patterns.some((pattern) => fitsDomain(domain, pattern)))?.[0]
}

// "yahoo.*" is yahoo.de and yahoo.co.uk, but not yahoo.example.com.
function fitsDomain(domain: string, pattern: string): boolean {
  if (!pattern.endsWith('.*')) return domain === pattern
  const stem = pattern.slice(0, -1)
  return domain.startsWith(stem) && /^(?:[a-z]{2,3}|com?\.[a-z]{2})$/.test(domain.slice(stem.length))
}

export interface MxHost {
  exchange: string
  priority: number
}

/** What is to be kept of a domain, and for how many seconds. */
export interface RecipientDomain {
  domain: string
  provider: string
  mxHost: string | null
  refreshSeconds: number
}

/** The provider by the most preferred MX; a domain whose MX nobody knows, or that has none, is its own provider. */
export function providerByMx(domain: string, hosts: readonly MxHost[]): RecipientDomain {
  const [first] = [...hosts].sort((a, b) => a.priority - b.priority)
  const mxHost = first?.exchange.toLowerCase().replace(/\.$/, '') || null
  const known = mxHosts.find(([, suffixes]) =>
    suffixes.some((suffix) => mxHost === suffix || mxHost?.endsWith(`.${suffix}`)),
  )
  return { domain, provider: known?.[0] ?? domain, mxHost, refreshSeconds: week }
}

// Of no public DNS: RFC 2606 section 2.
const reserved = /(?:^|\.)(?:test|example|invalid|localhost)$/

/** A domain that needs no lookup. */
export function knownDomain(domain: string): RecipientDomain | undefined {
  const provider = providerOfKnownDomain(domain) ?? (reserved.test(domain) ? domain : undefined)
  return provider === undefined ? undefined : { domain, provider, mxHost: null, refreshSeconds: week }
}

/** Its MX could not be looked up: its own provider, for a day if there is no such domain, else for an hour. */
export const unresolvedDomain = (domain: string, missing: boolean): RecipientDomain => ({
  domain,
  provider: domain,
  mxHost: null,
  refreshSeconds: missing ? day : hour,
})
