import { describe, expect, test } from 'vitest'
import { knownDomain, providerByMx } from '../../../src/sending/recipient-provider.ts'

test.each([
  ['gmail.com', 'google'],
  ['googlemail.com', 'google'],
  ['outlook.com', 'microsoft'],
  ['hotmail.co.uk', 'microsoft'],
  ['live.nl', 'microsoft'],
  ['yahoo.co.jp', 'yahoo'],
  ['aol.com', 'yahoo'],
  ['me.com', 'apple'],
  ['web.de', 'gmx'],
  ['gmx.net', 'gmx'],
  ['reader.test', 'reader.test'],
])('%s needs no lookup: %s', (domain, provider) => {
  expect(knownDomain(domain)?.provider).toBe(provider)
})

test.each([
  'example.org',
  'yahoo.example.com',
  'live.company',
  'notgmail.com',
  'gmail.com.evil.net',
  'xtest',
])('%s is not taken for a known one', (domain) => {
  expect(knownDomain(domain)).toBeUndefined()
})

describe('a domain by its MX', () => {
  test.each([
    ['aspmx.l.google.com', 'google'],
    ['SMTP.GOOGLE.COM.', 'google'],
    ['example-com.mail.protection.outlook.com', 'microsoft'],
    ['mta5.am0.yahoodns.net', 'yahoo'],
    ['eu-smtp-inbound-1.mimecast.com', 'mimecast'],
    ['mxa-0001.gslb.pphosted.com', 'proofpoint'],
    ['mx00.kundenserver.de', 'ionos'],
  ])('%s belongs to %s', (exchange, provider) => {
    expect(providerByMx('firm.example', [{ exchange, priority: 10 }]).provider).toBe(provider)
  })

  test('is judged by the most preferred', () => {
    const hosts = [
      { exchange: 'mx.backup.example', priority: 20 },
      { exchange: 'aspmx.l.google.com', priority: 5 },
    ]
    expect(providerByMx('firm.example', hosts)).toMatchObject({
      provider: 'google',
      mxHost: 'aspmx.l.google.com',
    })
  })

  test.each([
    ['a host of its own', [{ exchange: 'mx.firm.example', priority: 10 }]],
    ['a name that only ends alike', [{ exchange: 'notgoogle.com', priority: 10 }]],
    ['none', []],
    ['the null MX of RFC 7505', [{ exchange: '', priority: 0 }]],
  ])('is its own provider with %s', (_, hosts) => {
    expect(providerByMx('firm.example', hosts).provider).toBe('firm.example')
  })
})
