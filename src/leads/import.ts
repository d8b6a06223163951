import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ClientBase } from 'pg'
import { AppError } from '../core/errors.ts'
import { type CsvRecord, readCsv } from './csv.ts'
import { type Column, detectDelimiter, mapHeader } from './header.ts'
import { readRow } from './row.ts'
import {
  copyIntoImportTable,
  copyLead,
  copyReject,
  createImportTable,
  type ImportCounts,
  mergeImport,
  rejectDuplicates,
} from './store.ts'

export interface ImportOptions {
  tenantId: string
  /** Added to the tags of every lead in the file. */
  tags: readonly string[]
  /** The bytes of the CSV file. */
  source: AsyncIterable<Buffer>
}

/**
 * Imports a CSV file inside the caller's transaction, in constant memory. The rows it refuses can be read in the
 * same transaction with `listRejects` and `copyRejects`. Throws `invalid_input` when the file as a whole cannot be read.
 */
export async function importLeads(client: ClientBase, options: ImportOptions): Promise<ImportCounts> {
  const tags = options.tags.map(checkTag)
  const { delimiter, bytes } = await openCsv(options.source)
  await createImportTable(client)
  await pipeline(Readable.from(copyLines(readCsv(bytes, delimiter))), copyIntoImportTable(client))
  await rejectDuplicates(client)
  return mergeImport(client, options.tenantId, tags)
}

async function* copyLines(batches: AsyncIterable<CsvRecord[]>): AsyncGenerator<string> {
  let columns: Column[] | undefined
  for await (const batch of batches) {
    const lines: string[] = []
    for (const record of batch) {
      if (columns) lines.push(copyRecord(columns, record))
      else columns = mapHeader(headerNames(record))
    }
    if (lines.length > 0) yield lines.join('')
  }
  if (!columns)
    throw new AppError('invalid_input', 'The file is empty. Its first line must name the columns.')
}

function copyRecord(columns: readonly Column[], record: CsvRecord): string {
  if ('reason' in record) return copyReject(record)
  const verdict = readRow(columns, record.values)
  return verdict.ok
    ? copyLead(record.line, verdict.lead, record.original)
    : copyReject({ line: record.line, reason: verdict.reason, original: record.original })
}

function headerNames(record: CsvRecord): string[] {
  if ('values' in record) return record.values
  throw new AppError('invalid_input', `The first line of the file cannot be read: ${record.reason}.`)
}

/** Looks at the beginning of the file, and gives the bytes back without a byte order mark. */
/** The bytes without their mark, and what separates the cells. Throws `invalid_input` for what is no text in UTF-8. */
export async function openCsv(
  source: AsyncIterable<Buffer>,
): Promise<{ delimiter: string; bytes: AsyncIterable<Buffer> }> {
  const chunks = source[Symbol.asyncIterator]()
  const { value: first = Buffer.alloc(0), done } = await chunks.next()
  refuseOtherFormats(first)
  const start = first.subarray(0, 3).equals(Buffer.of(0xef, 0xbb, 0xbf)) ? first.subarray(3) : first
  const [firstLine = ''] = start.toString('utf8').trimStart().split('\n', 1)
  async function* bytes() {
    yield start
    if (!done) yield* { [Symbol.asyncIterator]: () => chunks }
  }
  return { delimiter: detectDelimiter(firstLine), bytes: bytes() }
}

function refuseOtherFormats(start: Buffer): void {
  const magic = start.toString('latin1', 0, 4)
  if (magic.startsWith('PK\x03\x04'))
    throw new AppError('invalid_input', 'The file is a spreadsheet. Save it as "CSV UTF-8" and import that.')
  if (magic.startsWith('\xff\xfe') || magic.startsWith('\xfe\xff'))
    throw new AppError('invalid_input', 'The file is UTF-16 text. Save it as "CSV UTF-8" and import that.')
}

function checkTag(tag: string): string {
  const trimmed = tag.trim()
  if (trimmed !== '' && trimmed.length <= 50 && !/[\p{Cc},]/u.test(trimmed)) return trimmed
  throw new AppError(
    'invalid_input',
    `"${tag}" cannot be a tag: 1 to 50 printable characters without a comma.`,
  )
}
