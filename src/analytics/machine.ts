import { isIPv4 } from 'node:net'

/** Why a request is not taken for a person's. */
export type MachineReason = 'apple_privacy' | 'prefetch' | 'scanner' | 'too_soon'

/** A request for the picture that counts opens, or for a link. */
export interface TrackingRequest {
  type: 'opened' | 'clicked'
  method: string
  userAgent: string | undefined
  /** Of the client, behind our own proxies. */
  ip: string | undefined
  /** Values of Sec-Purpose (Fetch standard, section 3.5) and its older kin Purpose, X-Purpose and X-Moz, if any was sent. */
  purpose: string | undefined
  /** Since the server accepted the email; undefined while that is not known. */
  sinceSentMs: number | undefined
}

/**
 * Whether a machine made the request, or null for a person. It errs towards people: a proxy that fetches when somebody opens
 * the email (Gmail's GoogleImageProxy, Yahoo's YahooMailProxy) speaks for that person. A rule by speed is our own guess.
 */
export function machineReason(request: TrackingRequest): MachineReason | null {
  const agent = request.userAgent?.trim() ?? ''
  if (isPrefetch(agent, request.purpose)) return 'prefetch'
  if (isApplePrivacy(agent, request.ip)) return 'apple_privacy'
  if (isScanner(agent, request.method)) return 'scanner'
  if (request.sinceSentMs !== undefined && request.sinceSentMs < soonestMs) return 'too_soon'
  return null
}

/** Nobody sees, opens and clicks faster; gateways that follow every link before they deliver do. */
const soonestMs = 2000

// Gmail loads the pictures of new mail while its app is open, apart from GoogleImageProxy, which loads them when it is read:
// SparkPost, "Gmail is Prefetching Images", January 2022 (sparkpost.com/blog/gmail-prefetching-images).
const gmailPrefetch = / Chrome\/42\.0\.2311\.135 Safari\/537\.36 Edge\/12\.246 Mozilla\/5\.0$/

function isPrefetch(agent: string, purpose: string | undefined): boolean {
  return /\b(?:prefetch|prerender|preview)\b/i.test(purpose ?? '') || gmailPrefetch.test(agent)
}

// Mail Privacy Protection (Apple, support.apple.com/en-us/HT211853, since iOS 15) loads pictures through proxies, read or not.
// They name no more than the prefix of every browser; 17.0.0.0/8 is Apple's own network (ARIN, NET-17-0-0-0-1).
function isApplePrivacy(agent: string, ip: string | undefined): boolean {
  if (agent === 'Mozilla/5.0') return true
  return ip !== undefined && isIPv4(ip) && ip.startsWith('17.')
}

// Mail gateways that name themselves, link previews of messengers, HTTP libraries and browsers without a window.
const scanners = new RegExp(
  [
    'barracuda|mimecast|proofpoint|forcepoint|ironport|fortimail|fortigate|trend ?micro|bitdefender|sophos|symantec',
    'messagelabs|mcafee|cloudmark|checkpoint|zscaler|trustwave|spamassassin|virustotal|urlscan',
    'bot\\b|crawler|spider|slurp|facebookexternalhit|whatsapp/|skypeuripreview|bingpreview|linkpreview',
    'curl/|wget/|python|aiohttp|httpx|okhttp|java/|apache-httpclient|go-http-client|node-fetch|axios|undici|libwww',
    'ruby|php/|guzzle|headlesschrome|phantomjs|puppeteer|playwright|selenium',
  ].join('|'),
  'i',
)

function isScanner(agent: string, method: string): boolean {
  return agent === '' || scanners.test(agent) || method.toUpperCase() === 'HEAD'
}
