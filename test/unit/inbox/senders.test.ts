import { describe, expect, test } from 'vitest'
import { companyDomain, readSender } from '../../../src/inbox/senders.ts'
import { received } from './mail.ts'

describe('the sender', () => {
  test.each([
    ['Lee Lead <Lee@Lead.Example>', 'lee@lead.example', 'Lee Lead'],
    ['"Lead, Lee" <lee@lead.example>', 'lee@lead.example', 'Lead, Lee'],
    ['lee@lead.example', 'lee@lead.example', ''],
    ['lee@lead.example (Lee Lead)', 'lee@lead.example', 'Lee Lead'],
    ['=?utf-8?Q?L=C3=A9a?= <lea@lead.example>', 'lea@lead.example', 'Léa'],
    ['Lee <lee@lead.example>, Kim <kim@lead.example>', 'lee@lead.example', 'Lee'],
    ['nobody', undefined, ''],
    ['<>', undefined, ''],
  ])('of "%s" is %s', (from, address, name) => {
    expect(readSender(received('', { From: from }).headers)).toMatchObject({ address, name })
  })

  test.each([
    'MAILER-DAEMON@lead.example',
    'postmaster@lead.example',
    'no-reply@lead.example',
    'noreply+123@lead.example',
    'do_not_reply@lead.example',
    'tickets-noreply@lead.example',
    'bounces+x=y@lead.example',
    'MAILER-DAEMON (Mail Delivery System)',
  ])('"%s" is a program', (from) => {
    expect(readSender(received('', { From: from }).headers).automatic).toBe(true)
  })

  test.each(['lee@lead.example', 'rooter@lead.example', 'nora.reply@lead.example', 'info@lead.example'])(
    '"%s" may be a person',
    (from) => {
      expect(readSender(received('', { From: from }).headers).automatic).toBe(false)
    },
  )
})

describe('the domain of a company', () => {
  test.each([
    ['lee@lead.example', 'lead.example'],
    ['lee@MAIL.lead.co.uk', 'mail.lead.co.uk'],
    ['lee@yahoo-analytics.com', 'yahoo-analytics.com'],
    ['lee@live.lead.example', 'live.lead.example'],
    ['lee@outlook.lead.com', 'outlook.lead.com'],
  ])('of %s is %s', (address, domain) => {
    expect(companyDomain(address)).toBe(domain)
  })

  test.each([
    'gmail.com',
    'GoogleMail.com',
    'yahoo.co.uk',
    'hotmail.fr',
    'outlook.com.br',
    'gmx.de',
    'web.de',
    'orange.fr',
  ])('is none at %s', (domain) => {
    expect(companyDomain(`lee@${domain}`)).toBeUndefined()
  })

  test('is none without an address', () => {
    expect(companyDomain('lee')).toBeUndefined()
    expect(companyDomain('')).toBeUndefined()
  })
})
