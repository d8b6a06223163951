import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { importLeadFile, type LeadImport } from '../../src/cli/lead-import.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertTenant } from '../support/factories.ts'

let database: TestDatabase
let folder: string
let tenantId: string

beforeAll(async () => {
  database = await createTestDatabase()
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'rookery-leads-'))
})
afterAll(async () => {
  await database.close()
  await fs.rm(folder, { recursive: true })
})
beforeEach(async () => {
  tenantId = (await insertTenant(database.db)).id
})

const rejectsFile = () => path.join(folder, 'rejects.csv')

async function importText(content: string | Buffer, options: Partial<LeadImport> = {}) {
  const file = path.join(folder, 'leads.csv')
  await fs.writeFile(file, content)
  return importLeadFile(database.pool, { tenantId, file, tags: [], rejectsFile: rejectsFile(), ...options })
}

function storedLeads() {
  return database.db
    .selectFrom('leads')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .orderBy('email')
    .execute()
}

const counts = (inserted: number, updated: number, unchanged: number, rejected: number) => ({
  inserted,
  updated,
  unchanged,
  rejected,
})

describe('an import', () => {
  test('stores fields, metadata and tags', async () => {
    const content = '\ufeffE-Mail;First Name;Deal Size\r\nAda@Acorn.test;"Zoë ""Z""";"1\t2\\3\r4\r\n5"\r\n'
    expect(await importText(content, { tags: ['autumn', 'berlin'] })).toMatchObject(counts(1, 0, 0, 0))
    expect(await storedLeads()).toMatchObject([
      {
        email: 'ada@acorn.test',
        first_name: 'Zoë "Z"',
        last_name: null,
        tags: ['autumn', 'berlin'],
        metadata: { deal_size: '1\t2\\3\r4\n5' },
      },
    ])
  })

  test('of the same file again changes nothing, not even a timestamp', async () => {
    const content = 'email,first_name,city\nada@acorn.test,Ada,Graz\nbob@oak.test,,\n'
    await importText(content, { tags: ['a'] })
    const before = await storedLeads()
    expect(await importText(content, { tags: ['a'] })).toMatchObject(counts(0, 0, 2, 0))
    expect(await storedLeads()).toEqual(before)
  })

  test('adds what is new to a known lead, and an empty cell takes nothing away', async () => {
    await importText('email,first_name,company,city\nada@acorn.test,Ada,Acorn,Graz\n', { tags: ['b', 'a'] })
    const report = await importText('email,first_name,company,sector\nada@acorn.test,Adele,,metal\n', {
      tags: ['c', 'a'],
    })
    expect(report).toMatchObject(counts(0, 1, 0, 0))
    expect(await storedLeads()).toMatchObject([
      {
        first_name: 'Adele',
        company: 'Acorn',
        tags: ['b', 'a', 'c'],
        metadata: { city: 'Graz', sector: 'metal' },
      },
    ])
  })

  test('of a tenant leaves the leads of another alone', async () => {
    await importText('email,first_name\nada@acorn.test,Ada\n')
    const other = await insertTenant(database.db)
    const report = await importText('email,first_name\nada@acorn.test,Eve\n', { tenantId: other.id })
    expect(report).toMatchObject(counts(1, 0, 0, 0))
    expect(await storedLeads()).toMatchObject([{ first_name: 'Ada' }])
  })

  test('lists what it refuses by line, and the rest goes in', async () => {
    const content = Buffer.concat([
      Buffer.from('email,first_name,timezone\n'),
      Buffer.from('ada@acorn.test,Ada,Europe/Vienna\n'),
      Buffer.from('no-address,B\\o\rb\tb,\n'),
      Buffer.from('"multi\nline",Cid,\n'),
      Buffer.from('dan@oak.test,Dan,Mars/Base\n'),
      Buffer.from('ADA@acorn.TEST,Again,\n'),
      Buffer.from('eve@oak.test,Eve\n'),
      Buffer.from('fay@oak.test,Fa\0y,\n'),
      Buffer.concat([Buffer.from('gus@oak.test,G'), Buffer.of(0xfc), Buffer.from('s,\n')]),
      Buffer.from('hal@oak.test,"Hal,\n'),
      Buffer.from('ida@oak.test,Ida,\n'),
    ])
    const report = await importText(content)
    expect(report).toMatchObject(counts(2, 0, 0, 8))
    expect(report.rejects.map(({ line, reason }) => [line, reason])).toEqual([
      [3, '"no-address" is not name@domain'],
      [4, '"multi line" is not name@domain'],
      [6, '"Mars/Base" is not a time zone'],
      [7, 'the same address as in line 2'],
      [8, 'has 2 columns, the first line has 3'],
      [9, 'contains a NUL character'],
      [10, 'not UTF-8 text (save the file as CSV UTF-8)'],
      [11, 'a quote is opened and never closed'],
    ])
    expect(report.rejects[0]?.original).toBe('no-address,B\\o\rb\tb,')
    expect((await storedLeads()).map((lead) => lead.email)).toEqual(['ada@acorn.test', 'ida@oak.test'])
  })

  test('writes every refused row to a file, and removes the file when none is refused', async () => {
    const bad = Array.from({ length: 30 }, (_, index) => `bad${index},"a, b"`)
    const report = await importText(['email,company', ...bad].join('\n'))
    expect(report.rejects).toHaveLength(20)
    expect(report.rejectsFile).toBe(rejectsFile())
    const lines = (await fs.readFile(rejectsFile(), 'utf8')).trim().split('\n')
    expect(lines[0]).toBe('line,reason,original')
    expect(lines[1]).toBe('2,"""bad0"" is not name@domain","bad0,""a, b"""')
    expect(lines).toHaveLength(31)
    await importText('email\nada@acorn.test\n')
    await expect(fs.access(rejectsFile())).rejects.toThrow()
  })

  test.each<[string, string | Buffer, string]>([
    ['an empty file', '', 'The file is empty'],
    ['a file without addresses', 'name,phone\nAda,1\n', 'has no column "email"'],
    ['a spreadsheet', 'PK\u0003\u0004....', 'is a spreadsheet'],
    ['UTF-16', Buffer.from('\ufeffemail\n', 'utf16le'), 'is UTF-16'],
  ])('of %s is refused with a sentence', async (_what, content, sentence) => {
    await expect(importText(content)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining(sentence),
    })
    expect(await storedLeads()).toEqual([])
  })

  test('that breaks off leaves nothing behind, and the connections stay usable', async () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => `lead${index}@acorn.test`)
    const failing = importText(['email', ...rows].join('\n'), {
      onProgress: () => {
        throw new Error('pulled out')
      },
    })
    await expect(failing).rejects.toThrow('pulled out')
    expect(await storedLeads()).toEqual([])
    expect(await importText(['email', ...rows].join('\n'))).toMatchObject(counts(20_000, 0, 0, 0))
  })

  test('of the same leads by two processes at once does not deadlock', async () => {
    const rows = Array.from({ length: 2_000 }, (_, index) => `lead${index}@acorn.test,${index}`)
    const forwards = path.join(folder, 'forwards.csv')
    const backwards = path.join(folder, 'backwards.csv')
    await fs.writeFile(forwards, ['email,a', ...rows].join('\n'))
    await fs.writeFile(backwards, ['email,b', ...rows.toReversed()].join('\n'))
    const both = [forwards, backwards].map((file) =>
      importLeadFile(database.pool, { tenantId, file, tags: [], rejectsFile: rejectsFile() }),
    )
    const reports = await Promise.all(both)
    expect(reports.map((report) => report.inserted + report.updated)).toEqual([2_000, 2_000])
    expect(await storedLeads()).toHaveLength(2_000)
  })

  test('of the example file accounts for its thousand rows', async () => {
    const file = path.join(import.meta.dirname, '../../examples/leads.csv')
    const report = await importLeadFile(database.pool, {
      tenantId,
      file,
      tags: [],
      rejectsFile: rejectsFile(),
    })
    expect(report).toMatchObject(counts(982, 0, 0, 18))
  })
})
