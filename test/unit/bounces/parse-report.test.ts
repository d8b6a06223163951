import { describe, expect, it } from 'vitest'
import { parseReport } from '../../../src/bounces/parse-report.ts'
import { providerReports } from './reports/provider-reports.ts'
import { multipartReport, plainReport, type ReportCase, returned } from './reports/report-case.ts'
import { serverReports } from './reports/server-reports.ts'
import { sessionReports } from './reports/session-reports.ts'
import { standardReports } from './reports/standard-reports.ts'

const bytes = (message: string): Buffer => Buffer.from(message, 'utf8')

function readAs(message: string, wanted: ReportCase['recipients']): object[] {
  const verdict = parseReport(bytes(message))
  return verdict.recipients.map((recipient, index) => {
    const names = Object.keys(wanted[index] ?? { address: null, kind: null, reason: null })
    return Object.fromEntries(Object.entries(recipient).filter(([name]) => names.includes(name)))
  })
}

describe('a report that names nobody', () => {
  it('is about whom the returned message was for', () => {
    const message = `Return-Path: <>\nFrom: postmaster@example.org\nSubject: Automatically rejected mail\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\n--x\nContent-Type: message/rfc822\n\n${returned}\n--x--\n`
    expect(parseReport(bytes(message))).toMatchObject({
      type: 'bounce',
      recipients: [{ address: 'kai@example.org', evidence: 'returned-message', reason: 'unknown' }],
    })
  })

  it('takes the address of a gateway without one from the returned message', () => {
    const message = multipartReport(
      'postmaster@example.org',
      'Delivery failed.',
      'Final-Recipient: x400; /G=Kai/S=Berg/O=Example/\nAction: failed\nStatus: 5.1.1\n',
    )
    expect(parseReport(bytes(message)).recipients).toMatchObject([
      { address: 'kai@example.org', kind: 'hard' },
    ])
  })

  it('names the sender of the returned message as no recipient', () => {
    const text =
      'Your message could not be delivered to kai@example.org: mailbox full.\nPlease tell the sender, lena@sender.example, mail to lena@sender.example.\n'
    const { recipients } = parseReport(bytes(plainReport('postmaster@example.org', 'Undeliverable', text)))
    expect(recipients.map((one) => one.address)).toEqual(['kai@example.org'])
  })
})

describe.each([
  ['standard reports', standardReports],
  ['reports of mail servers', serverReports],
  ['reports of providers', providerReports],
  ['reports that say in their own words what was refused', sessionReports],
])('%s', (_, cases) => {
  it.each(cases.map((one) => [one.format, one] as const))('%s', (_format, { message, recipients }) => {
    expect(parseReport(bytes(message)).type).toBe('bounce')
    expect(readAs(message, recipients)).toEqual(recipients)
  })

  it.each(cases.map((one) => [one.format, one] as const))(
    '%s, with the line ends of IMAP',
    (_format, { message, recipients }) => {
      expect(readAs(message.replaceAll('\n', '\r\n'), recipients)).toEqual(recipients)
    },
  )
})
