import { brotliDecompressSync } from 'node:zlib'
import { findClues, type ReportClues } from '../../bounces/clues.ts'
import { parseReport } from '../../bounces/parse-report.ts'
import type { StoredReport } from '../../bounces/report-store.ts'
import type { ReportVerdict } from '../../bounces/verdict.ts'

/** A stored message with what it says. */
export interface ReadReport {
  stored: StoredReport
  verdict: ReportVerdict
  clues: ReportClues
}

/** Longest body that is unpacked; the parser looks at less. */
const maxBodyBytes = 16 * 1024 * 1024

/** Undefined, with why, when its bytes are not there or do not unpack. */
export function readReport(
  stored: StoredReport,
): { report: ReadReport } | { report: undefined; why: string } {
  const body = bodyOf(stored)
  if (typeof body === 'string') return { report: undefined, why: body }
  const verdict = parseReport(body)
  const clues = findClues(verdict, body, stored.mailboxAddress)
  return { report: { stored, verdict, clues } }
}

function bodyOf({ body, encoding }: StoredReport): Buffer | string {
  if (!body) return 'its body is not stored'
  if (encoding === 'identity') return body
  try {
    return brotliDecompressSync(body, { maxOutputLength: maxBodyBytes })
  } catch (error) {
    return `its stored body does not unpack: ${error instanceof Error ? error.message : error}`
  }
}
