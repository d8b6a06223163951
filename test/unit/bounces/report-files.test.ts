import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { classifyReplyLines, parseReportFiles } from '../../../src/bounces/report-files.ts'
import { serverReports } from './reports/server-reports.ts'

const reader = join(import.meta.dirname, '../../../src/bounces/report-files.ts')

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

  it('reads what lies deeper, and what has no size', async () => {
    const inner = join(folder, 'inner')
    await mkdir(join(inner, 'cur'), { recursive: true })
    await writeFile(join(inner, 'cur', 'c.eml'), serverReports[0]?.message ?? '')
    expect(await collect(parseReportFiles([inner]))).toMatchObject([
      { file: join(inner, 'cur', 'c.eml'), type: 'bounce' },
    ])
    const program = `for await (const one of (await import(${JSON.stringify(reader)})).parseReportFiles(['/dev/stdin'])) console.log(one.type)`
    const pipe = 'cat "$1" | "$2" --input-type=module -e "$3"'
    const file = join(inner, 'cur', 'c.eml')
    const { stdout } = spawnSync('sh', ['-c', pipe, 'sh', file, process.execPath, program])
    expect(String(stdout)).toBe('bounce\n')
    await rm(inner, { recursive: true })
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
