import { describe, expect, it } from 'vitest'
import { parseReport } from '../../../src/bounces/parse-report.ts'
import { providerReports } from './reports/provider-reports.ts'
import type { ReportCase } from './reports/report-case.ts'
import { serverReports } from './reports/server-reports.ts'
import { standardReports } from './reports/standard-reports.ts'

const bytes = (message: string): Buffer => Buffer.from(message, 'utf8')

function readAs(message: string, wanted: ReportCase['recipients']): object[] {
  const verdict = parseReport(bytes(message))
  return verdict.recipients.map((recipient, index) => {
    const names = Object.keys(wanted[index] ?? { address: null, kind: null, reason: null })
    return Object.fromEntries(Object.entries(recipient).filter(([name]) => names.includes(name)))
  })
}

describe.each([
  ['standard reports', standardReports],
  ['reports of mail servers', serverReports],
  ['reports of providers', providerReports],
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
