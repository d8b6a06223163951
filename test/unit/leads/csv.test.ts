import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CsvRecord, readCsv, readRecords } from '../../../src/leads/csv.ts'

async function read(input: string | Buffer, options: { delimiter?: string; chunkSize?: number } = {}) {
  const bytes = Buffer.from(input)
  const size = options.chunkSize ?? 7
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const records: CsvRecord[] = []
  for await (const batch of readCsv(chunks(), options.delimiter ?? ',')) records.push(...batch)
  return records
}

/** [line, values] of a record that was read, [line, reason] of one that was not. */
const brief = (record: CsvRecord) => [record.line, 'values' in record ? record.values : record.reason]

const neverClosed = 'a quote is opened and never closed'
const misplaced = 'a quote stands where none may be'

describe('readCsv', () => {
  test.each<[string, string, unknown[]]>([
    [
      'plain rows',
      'a,b\nc,d\n',
      [
        [1, ['a', 'b']],
        [2, ['c', 'd']],
      ],
    ],
    ['a last line without its end', 'a,b', [[1, ['a', 'b']]]],
    [
      'CRLF',
      'a,b\r\nc,d\r\n',
      [
        [1, ['a', 'b']],
        [2, ['c', 'd']],
      ],
    ],
    ['quoted delimiters and quotes', '"a,b","say ""hi"""', [[1, ['a,b', 'say "hi"']]]],
    ['spaces around values, quoted or not', ' a , "b" ,c', [[1, ['a', 'b', 'c']]]],
    [
      'a quoted newline: the line is that of the beginning',
      'a,"x\r\ny"\r\nb,z',
      [
        [1, ['a', 'x\ny']],
        [3, ['b', 'z']],
      ],
    ],
    [
      'blank lines are passed over, and counted',
      'a\n\n  \t\nb',
      [
        [1, ['a']],
        [4, ['b']],
      ],
    ],
    ['nothing', '', []],
  ])('reads %s', async (_what, input, expected) => {
    expect((await read(input)).map(brief)).toEqual(expected)
  })

  test.each<[string, string, unknown[]]>([
    [
      'a quote that is never closed costs its own line only',
      'a,"x\nb,y\nc,z',
      [
        [1, neverClosed],
        [2, ['b', 'y']],
        [3, ['c', 'z']],
      ],
    ],
    [
      'text after a closing quote costs its own line only',
      'a,"x"y\nb,z',
      [
        [1, misplaced],
        [2, ['b', 'z']],
      ],
    ],
    [
      'a quote inside an unquoted value costs its own line only',
      'a,5" pipe\nb,y\nc,z\nd,"q"',
      [
        [1, neverClosed],
        [2, ['b', 'y']],
        [3, ['c', 'z']],
        [4, ['d', 'q']],
      ],
    ],
    [
      'two lines with a stray quote each do not swallow what stands between them',
      'a,"x\nb,y\nc,"z\nd,w',
      [
        [1, misplaced],
        [2, ['b', 'y']],
        [3, neverClosed],
        [4, ['d', 'w']],
      ],
    ],
  ])('%s', async (_what, input, expected) => {
    expect((await read(input)).map(brief)).toEqual(expected)
  })

  test('a quote that stays open beyond 64 KB costs its own line only', async () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => `${index},some value`)
    const records = await read(['x,"open', ...rows].join('\n'), { chunkSize: 65_536 })
    expect(records.map(brief)).toEqual([
      [1, neverClosed],
      ...rows.map((row, index) => [index + 2, row.split(',')]),
    ])
  })

  test('no more than 64 KB are held for a quote that may still be closed', () => {
    const lines = Array.from({ length: 70_000 }, (_, index) => ({
      number: index + 1,
      bytes: Buffer.from(index === 0 ? '"' : ''),
      dropped: 0,
    }))
    expect(readRecords(lines.slice(0, 60_000), ',', false).rest).toHaveLength(60_000)
    const { records, rest } = readRecords(lines, ',', false)
    expect(records.map(brief)).toEqual([[1, neverClosed]])
    expect(rest).toEqual([])
  })

  test('a line longer than 64 KB is refused and held only in part', async () => {
    const records = await read(`a,b\n${'x'.repeat(200_000)}\nc,d`, { chunkSize: 10_000 })
    expect(records.map(brief)).toEqual([
      [1, ['a', 'b']],
      [2, 'longer than 64 KB'],
      [3, ['c', 'd']],
    ])
    expect(records[1]?.original).toHaveLength(65_536)
  })

  test('a record that is not UTF-8 is refused, its neighbours are read', async () => {
    const input = Buffer.concat([Buffer.from('a,b\nRen'), Buffer.of(0xe9), Buffer.from(',x\nZoë,y')])
    expect((await read(input)).map(brief)).toEqual([
      [1, ['a', 'b']],
      [2, 'not UTF-8 text (save the file as CSV UTF-8)'],
      [3, ['Zoë', 'y']],
    ])
  })

  test('a record with a NUL is refused, and its original can be stored', async () => {
    const [record] = await read('a\0b,c')
    expect(record).toEqual({ line: 1, reason: 'contains a NUL character', original: 'a␀b,c' })
  })

  test('what is written as CSV is read back, however the bytes are cut', async () => {
    const delimiters = fc.constantFrom(',', ';', '\t')
    const cell = fc
      .string({ unit: fc.constantFrom('a', 'é', '漢', '"', ',', ';', '\t', '\n', ' ') })
      .map((text) => text.trim())
    const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(
        table,
        delimiters,
        fc.integer({ min: 1, max: 40 }),
        async (rows, delimiter, chunkSize) => {
          const written = rows.map((row) =>
            row.map((value) => `"${value.replaceAll('"', '""')}"`).join(delimiter),
          )
          const records = await read(written.join('\r\n'), { delimiter, chunkSize })
          expect(records.map((record) => 'values' in record && record.values)).toEqual(rows)
        },
      ),
    )
  })

  test('every line of any text is accounted for exactly once', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n'), maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 10 }), async (input, chunkSize) => {
        const records = await read(input, { chunkSize })
        const filled = input.split('\n').filter((line) => line !== '').length
        const accounted = records.flatMap((record) =>
          record.original.split('\n').filter((line) => line !== ''),
        )
        expect(accounted).toHaveLength(filled)
        expect(await read(input, { chunkSize: 1_000 })).toEqual(records)
      }),
    )
  })
})
