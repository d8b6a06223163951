import { createReadStream } from 'node:fs'
import { AppError } from '../core/errors.ts'
import type { Db } from '../db/connect.ts'
import { suppress } from '../jobs/suppress.ts'
import { type CsvRecord, readCsv } from '../leads/csv.ts'
import { openCsv } from '../leads/import.ts'
import {
  bareColumns,
  readSuppressionRow,
  type SuppressionColumns,
  suppressionColumns,
} from '../suppression/csv.ts'
import type { NewSuppression } from '../suppression/store.ts'

export interface SuppressionImport {
  /** Null: for every tenant. */
  tenantId: string | null
  file: string
  /** For rows that give none. */
  reason: string
  /** Called for each refused line, as it is met. */
  onReject: (reject: { line: number; reason: string }) => void
}

export interface SuppressionImportReport {
  added: number
  standing: number
  rejected: number
  /** Emails that were still to go to these addresses. */
  skipped: number
}

const batchSize = 1000

/** Streams the file, a transaction for each thousand entries: stopped midway, it is imported again from the start. */
export async function importSuppressionFile(
  db: Db,
  options: SuppressionImport,
): Promise<SuppressionImportReport> {
  const report: SuppressionImportReport = { added: 0, standing: 0, rejected: 0, skipped: 0 }
  let batch: NewSuppression[] = []
  for await (const row of readRows(options)) {
    if ('suppression' in row) batch.push(row.suppression)
    else {
      report.rejected += 1
      options.onReject(row)
    }
    if (batch.length < batchSize) continue
    await writeBatch(db, options, batch, report)
    batch = []
  }
  await writeBatch(db, options, batch, report)
  return report
}

async function writeBatch(
  db: Db,
  { tenantId }: SuppressionImport,
  batch: readonly NewSuppression[],
  report: SuppressionImportReport,
): Promise<void> {
  const { added, skipped } = await db.transaction().execute((trx) => suppress(trx, tenantId, batch))
  report.added += added
  report.standing += batch.length - added
  report.skipped += skipped
}

type Row = { suppression: NewSuppression } | { line: number; reason: string }

async function* readRows({ file, reason }: SuppressionImport): AsyncGenerator<Row> {
  let columns: SuppressionColumns | undefined
  for await (const record of readRecords(file)) {
    if ('reason' in record) {
      yield { line: record.line, reason: record.reason }
      continue
    }
    if (!columns) {
      const named = suppressionColumns(record.values)
      columns = named ?? bareColumns
      if (named) continue
    }
    const row = readSuppressionRow(columns, record.values, reason)
    const refused = row.ok ? ended(row.suppression) : row.reason
    yield row.ok && !refused ? row : { line: record.line, reason: refused ?? '' }
  }
  if (!columns) throw new AppError('invalid_input', `${file} is empty.`)
}

/** Why an entry that forbids nothing any more is not taken. */
function ended({ expiresAt }: NewSuppression): string | undefined {
  if (!expiresAt || expiresAt.getTime() > Date.now()) return undefined
  return `it ended on ${expiresAt.toISOString().slice(0, 10)}`
}

async function* readRecords(file: string): AsyncGenerator<CsvRecord> {
  try {
    const { delimiter, bytes } = await openCsv(createReadStream(file))
    for await (const records of readCsv(bytes, delimiter)) yield* records
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'EISDIR') throw error
    const reason = code === 'ENOENT' ? 'there is no such file' : 'it is a directory'
    throw new AppError('invalid_input', `${file} cannot be read: ${reason}.`, { cause: error })
  }
}
