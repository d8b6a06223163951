import { providerReports } from './reports/provider-reports.ts'
import { serverReports } from './reports/server-reports.ts'
import { standardReports } from './reports/standard-reports.ts'

type Random = () => number
type Mutation = (bytes: Buffer, random: Random) => Buffer

const originals = [...standardReports, ...serverReports, ...providerReports].map((one) =>
  Buffer.from(one.message, 'utf8'),
)

/** Damaged reports, the same for the same seed: each an intact one with one to four mutations. */
export function* mutants(count: number, seed: number): Generator<Buffer> {
  const random = randomFrom(seed)
  for (let n = 0; n < count; n += 1) {
    let bytes: Buffer = pick(originals, random)
    for (let times = 1 + below(4, random); times > 0; times -= 1)
      bytes = pick(mutations, random)(bytes, random)
    yield bytes.subarray(0, maxMutantBytes)
  }
}

const maxMutantBytes = 300_000

const mutations: readonly Mutation[] = [
  // Cut short, or with a hole
  (bytes, random) => bytes.subarray(0, below(bytes.length + 1, random)),
  (bytes, random) => {
    const [from, to] = range(bytes, random)
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
  },
  // A piece again and again
  (bytes, random) => {
    const [from, to] = range(bytes, random)
    const piece = bytes.subarray(from, Math.min(to, from + 200))
    return insert(bytes, to, Buffer.concat(Array.from({ length: below(200, random) }, () => piece)))
  },
  // Single bytes
  (bytes, random) => {
    const changed = Buffer.from(bytes)
    for (let n = below(40, random); n > 0 && changed.length > 0; n -= 1)
      changed[below(changed.length, random)] = below(256, random)
    return changed
  },
  (bytes, random) =>
    insert(bytes, below(bytes.length + 1, random), Buffer.from(pick(shards, random), 'latin1')),
  // A part of another report
  (bytes, random) => {
    const other = pick(originals, random)
    return Buffer.concat([
      bytes.subarray(0, below(bytes.length, random)),
      other.subarray(below(other.length, random)),
    ])
  },
  // Line ends
  (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r'), 'latin1'),
  (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
  (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('\n\n', '\n'), 'latin1'),
  // Charsets and encodings that lie
  (bytes, random) =>
    replaceFirst(
      bytes,
      /Content-Type: text\/plain/,
      `Content-Type: text/plain; charset=${pick(charsets, random)}\nContent-Transfer-Encoding: ${pick(encodings, random)}`,
    ),
  // Nested
  (bytes, random) => wrap(bytes, below(40, random), () => 'Content-Type: message/rfc822\n\n'),
  (bytes, random) =>
    wrap(
      bytes,
      below(40, random),
      (depth) => `Content-Type: multipart/mixed; boundary=w${depth}\n\n--w${depth}\n`,
    ),
  (bytes) => replaceFirst(bytes, /boundary="b1"/, 'boundary="b9"'),
]

const charsets = [
  'iso-2022-jp',
  'shift_jis',
  'gb2312',
  'big5',
  'koi8-r',
  'utf-7',
  'utf-16',
  'x-unknown',
  '\x00',
  'a'.repeat(500),
]
const encodings = ['base64', 'quoted-printable', 'x-uuencode', '8bit', '\xff']
const shards = [
  '\0',
  '\r',
  '\n\n',
  '--b1--\n',
  '@',
  '<<<<',
  '>>> RCPT TO:<',
  'Final-Recipient: rfc822; ',
  'Diagnostic-Code: smtp; 550 5.1.1 ',
  `${'a'.repeat(5000)}@`,
  '=?utf-8?B?',
  '=?iso-2022-jp?B?GyRC?=',
  '\x1b$B',
  'X-Failed-Recipients: a@b.c, ',
  '550-5.1.1 '.repeat(300),
  '{"notificationType":"Bounce","bounce":{"bouncedRecipients":[{"emailAddress":1}]}}',
  'Feedback-Type: ',
  '\xff\xfe\xfd',
]

/** Mulberry32: small, and the same everywhere for one seed. */
function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function below(limit: number, random: Random): number {
  return Math.floor(random() * limit)
}

function pick<T>(values: readonly T[], random: Random): T {
  return values[below(values.length, random)] as T
}

function range(bytes: Buffer, random: Random): [number, number] {
  const ends = [below(bytes.length + 1, random), below(bytes.length + 1, random)]
  return [Math.min(...ends), Math.max(...ends)]
}

function insert(bytes: Buffer, at: number, piece: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)])
}

function replaceFirst(bytes: Buffer, pattern: RegExp, replacement: string): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(pattern, replacement), 'latin1')
}

function wrap(bytes: Buffer, levels: number, header: (depth: number) => string): Buffer {
  return Buffer.concat([
    Buffer.from(Array.from({ length: levels }, (_, depth) => header(depth)).join('')),
    bytes,
  ])
}
