import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { classifyReplyLines, parseReportFiles } from '../../../src/bounces/report-files.ts'
import { serverReports } from './reports/server-reports.ts'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reports-'))
  await writeFile(join(folder, 'b.eml'), 'From: kai@example.org\n\nHello.\n')
  await writeFile(join(folder, 'a.eml'), serverReports[0]?.message ?? '')
})

afterAll(() => rm(folder, { recursive: true }))

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(values)
}

describe('bounces parse', () => {
  it('reads the files of a directory by name', async () => {
    const parsed = await collect(parseReportFiles([folder]))
    expect(parsed.map((one) => [one.file, one.type])).toEqual([
      [join(folder, 'a.eml'), 'bounce'],
      [join(folder, 'b.eml'), 'none'],
    ])
  })

  it('keeps the order of its arguments', async () => {
    const parsed = await collect(parseReportFiles([join(folder, 'b.eml'), join(folder, 'a.eml')]))
    expect(parsed.map((one) => one.type)).toEqual(['none', 'bounce'])
  })

  it('names the path that cannot be read', async () => {
    const missing = join(folder, 'missing.eml')
    await expect(collect(parseReportFiles([missing]))).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining(missing),
    })
  })
})

describe('bounces classify', () => {
  it('answers each line with its id', async () => {
    const input = Readable.from(
      '{"id": 1, "line": "552 5.2.2 Mailbox full"}\n\n{"id": "b", "line": "550 nope"}\r\n',
    )
    expect(await collect(classifyReplyLines(input))).toEqual([
      { id: 1, reason: 'mailbox_full' },
      { id: 'b', reason: 'unknown' },
    ])
  })

  it.each(['no json', '{"id": 1}'])('names the line that it cannot read: %s', async (line) => {
    const input = Readable.from(`{"id": 1, "line": "250 ok"}\n${line}\n`)
    await expect(collect(classifyReplyLines(input))).rejects.toMatchObject({
      code: 'invalid_input',
      message: 'Line 2 is not {"id", "line"}.',
    })
  })
})
