import { createReadStream, createWriteStream, promises as fs } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Pool, PoolClient } from 'pg'
import { AppError } from '../core/errors.ts'
import { importLeads } from '../leads/import.ts'
import { copyRejects, type ImportCounts, listRejects, type Reject } from '../leads/store.ts'

export interface LeadImport {
  tenantId: string
  file: string
  tags: readonly string[]
  /** Where the refused rows go; not written when there are none. */
  rejectsFile: string
  /** Bytes read so far, of how many. */
  onProgress?: (read: number, total: number) => void
}

export interface LeadImportReport extends ImportCounts {
  /** The first 20. */
  rejects: Reject[]
  rejectsFile: string | null
}

/** All of the file or nothing of it. */
export async function importLeadFile(pool: Pool, options: LeadImport): Promise<LeadImportReport> {
  const total = await sizeOf(options.file)
  const client = await pool.connect()
  try {
    await client.query('begin')
    const report = await importAndReport(client, options, total)
    await client.query('commit')
    client.release()
    return report
  } catch (error) {
    // In mid-COPY the connection may be of no more use: it is closed, which rolls back.
    client.release(true)
    throw error
  }
}

async function importAndReport(
  client: PoolClient,
  { tenantId, tags, file, rejectsFile, onProgress }: LeadImport,
  total: number,
): Promise<LeadImportReport> {
  const source = readWithProgress(file, (read) => onProgress?.(read, total))
  const counts = await importLeads(client, { tenantId, tags, source })
  if (counts.rejected === 0) {
    await fs.rm(rejectsFile, { force: true })
    return { ...counts, rejects: [], rejectsFile: null }
  }
  const rejects = await listRejects(client, 20)
  await pipeline(copyRejects(client), createWriteStream(rejectsFile))
  return { ...counts, rejects, rejectsFile }
}

async function* readWithProgress(file: string, onRead: (read: number) => void): AsyncGenerator<Buffer> {
  let read = 0
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    yield chunk
    read += chunk.length
    onRead(read)
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    const stat = await fs.stat(file)
    if (stat.isFile()) return stat.size
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error)
    throw new AppError('invalid_input', `${file} cannot be read: ${reason}.`, { cause: error })
  }
  throw new AppError('invalid_input', `${file} is not a file.`)
}
