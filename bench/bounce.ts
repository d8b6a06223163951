import { parseReport } from '../src/bounces/parse-report.ts'
import { providerReports } from '../test/unit/bounces/reports/provider-reports.ts'
import { serverReports } from '../test/unit/bounces/reports/server-reports.ts'
import { standardReports } from '../test/unit/bounces/reports/standard-reports.ts'

const meanBytes = 5_000

/** Reports of all formats that the tests know, filled up to a mean of 5 KB with the message that they return. */
export function benchBounceParsing({ reports }: { reports: number }): Record<string, unknown> {
  const messages = [...standardReports, ...serverReports, ...providerReports].map((one) =>
    filled(one.message),
  )
  for (const message of messages) parseReport(message)
  let slowestMs = 0
  let bytes = 0
  const start = performance.now()
  for (let n = 0; n < reports; n += 1) {
    const message = messages[n % messages.length] ?? Buffer.alloc(0)
    const began = performance.now()
    parseReport(message)
    slowestMs = Math.max(slowestMs, performance.now() - began)
    bytes += message.length
  }
  const seconds = (performance.now() - start) / 1000
  return {
    reports,
    'mean bytes': Math.round(bytes / reports),
    'reports per second': Math.round(reports / seconds),
    'slowest ms': Number(slowestMs.toFixed(1)),
  }
}

function filled(message: string): Buffer {
  const missing = Math.max(0, meanBytes - message.length)
  const line = 'The quick brown fox jumps over the lazy dog, and writes to fox@example.org about it.\n'
  const closing = message.lastIndexOf('--b1--')
  const end = closing < 0 ? message.length : closing
  return Buffer.from(
    message.slice(0, end) + line.repeat(Math.ceil(missing / line.length)) + message.slice(end),
  )
}
