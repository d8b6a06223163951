import { exportColumns } from '../suppression/csv.ts'
import type { Suppression } from '../suppression/store.ts'

/** What programs read; the evidence says what the entry rests on. */
export function suppressionOutput(row: Suppression) {
  return {
    scope: row.scope,
    value: row.value,
    reason: row.reason,
    source: row.source,
    everyTenant: row.tenant_id === null,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    evidence: row.evidence,
  }
}

export const csvHeader = exportColumns.join(',')

/** A line that `suppressions import` takes. */
export function csvLine(row: Suppression): string {
  return exportColumns
    .map((column) => {
      const value = row[column]
      return quoted(value instanceof Date ? value.toISOString() : (value ?? ''))
    })
    .join(',')
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
