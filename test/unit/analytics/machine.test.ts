import { expect, test } from 'vitest'
import { machineReason, type TrackingRequest } from '../../../src/analytics/machine.ts'

const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36'

const request: TrackingRequest = {
  type: 'opened',
  method: 'GET',
  userAgent: chrome,
  ip: '203.0.113.7',
  purpose: undefined,
  sinceSentMs: 60_000,
}

test.each([
  ['a browser', {}],
  ['a browser before it is known when the email was sent', { sinceSentMs: undefined }],
  [
    "Gmail's proxy, which loads pictures when the email is read",
    {
      userAgent: 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
    },
  ],
  [
    "Yahoo's proxy",
    { userAgent: 'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html' },
  ],
  ['Outlook', { userAgent: 'Mozilla/4.0 (compatible; ms-office; MSOffice 16)' }],
  ['an address that only begins like one of Apple', { ip: '170.1.2.3' }],
])('%s is a person', (_, overrides) => {
  expect(machineReason({ ...request, ...overrides })).toBeNull()
})

test.each([
  ['apple_privacy', { userAgent: 'Mozilla/5.0' }],
  ['apple_privacy', { ip: '17.58.101.3' }],
  [
    'prefetch',
    {
      userAgent:
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0',
    },
  ],
  ['prefetch', { purpose: 'prefetch;prerender' }],
  ['prefetch', { purpose: 'preview' }],
  ['scanner', { userAgent: undefined }],
  ['scanner', { userAgent: ' ' }],
  ['scanner', { method: 'HEAD' }],
  ['scanner', { userAgent: 'BarracudaCentral/1.0' }],
  ['scanner', { userAgent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' }],
  ['scanner', { userAgent: 'python-requests/2.32.0' }],
  ['too_soon', { sinceSentMs: 400 }],
] as const)('%s: %o', (reason, overrides) => {
  expect(machineReason({ ...request, ...overrides })).toBe(reason)
})
