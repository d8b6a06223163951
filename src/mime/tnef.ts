/** What a winmail.dat says in words (MS-OXTNEF): Exchange puts the text and the recipients of its reports there. */
export interface TnefText {
  body: string
  recipients: { address: string; said: string }[]
}

const signature = 0x223e9f78
const attributeBody = 0x0002800c
const attributeProperties = 0x00069003
const attributeRecipients = 0x00069004
const maxAttributes = 200
const maxProperties = 500
const maxRows = 200

/** Property tags of MS-OXPROPS that hold text for people, and the address of a recipient. */
const body = 0x1000
const reportText = 0x1001
const supplementaryInfo = 0x0c1b
const smtpAddress = 0x39fe
const emailAddress = 0x3003

/** Undefined when the bytes are no TNEF; what is cut off or damaged ends the reading, without a throw. */
export function readTnef(bytes: Buffer): TnefText | undefined {
  if (bytes.length < 6 || bytes.readUInt32LE(0) !== signature) return undefined
  const text: string[] = []
  const recipients: TnefText['recipients'] = []
  for (const { id, data } of attributes(bytes)) {
    if (id === attributeBody) text.push(data.toString('latin1').replace(/\0+$/, ''))
    if (id === attributeProperties) text.push(...proseOf(readProperties(new Cursor(data))))
    if (id === attributeRecipients) recipients.push(...recipientRows(data))
  }
  return { body: text.join('\n').replace(/\r\n?/g, '\n'), recipients }
}

function* attributes(bytes: Buffer): Generator<{ id: number; data: Buffer }> {
  let at = 6
  for (let n = 0; n < maxAttributes && at + 9 <= bytes.length; n += 1) {
    const length = bytes.readUInt32LE(at + 5)
    yield { id: bytes.readUInt32LE(at + 1), data: bytes.subarray(at + 9, at + 9 + length) }
    at += 9 + length + 2
  }
}

function recipientRows(data: Buffer): TnefText['recipients'] {
  const cursor = new Cursor(data)
  const rows = Math.min(cursor.uint32(), maxRows)
  const found: TnefText['recipients'] = []
  for (let row = 0; row < rows && !cursor.ended; row += 1) {
    const properties = readProperties(cursor)
    const address = properties.get(smtpAddress) ?? properties.get(emailAddress)
    if (address?.includes('@'))
      found.push({ address, said: properties.get(supplementaryInfo) ?? properties.get(reportText) ?? '' })
  }
  return found
}

function proseOf(properties: Map<number, string>): string[] {
  return [body, reportText].flatMap((tag) => properties.get(tag) ?? [])
}

/** The text properties of one list (MS-OXTNEF section 2.1.3.4), by tag; the others are passed over. */
function readProperties(cursor: Cursor): Map<number, string> {
  const found = new Map<number, string>()
  const count = Math.min(cursor.uint32(), maxProperties)
  for (let n = 0; n < count && !cursor.ended; n += 1) {
    const type = cursor.uint16()
    const tag = cursor.uint16()
    if (tag >= 0x8000) skipName(cursor)
    const values = isVariable(type) || (type & 0x1000) !== 0 ? Math.min(cursor.uint32(), maxProperties) : 1
    for (let value = 0; value < values && !cursor.ended; value += 1) {
      const text = readValue(cursor, type & 0x0fff)
      if (text !== undefined && !found.has(tag)) found.set(tag, text)
    }
  }
  return found
}

function skipName(cursor: Cursor): void {
  cursor.skip(16)
  if (cursor.uint32() === 0) cursor.skip(4)
  else cursor.skip(padded(cursor.uint32()))
}

const isVariable = (type: number): boolean => [0x1e, 0x1f, 0x102, 0x0d].includes(type & 0x0fff)
const padded = (length: number): number => length + ((4 - (length % 4)) % 4)
/** Bytes of the types of fixed length that take more than four. */
const wide: Record<number, number> = { 5: 8, 6: 8, 7: 8, 20: 8, 64: 8, 72: 16 }

function readValue(cursor: Cursor, type: number): string | undefined {
  if (!isVariable(type)) {
    cursor.skip(wide[type] ?? 4)
    return undefined
  }
  const length = cursor.uint32()
  const data = cursor.take(length)
  cursor.skip(padded(length) - length)
  if (type === 0x1f) return data.toString('utf16le').replace(/\0+$/, '')
  return type === 0x1e ? data.toString('latin1').replace(/\0+$/, '') : undefined
}

/** Reads forward; past the end everything is zero and empty. */
class Cursor {
  readonly #data: Buffer
  #at = 0

  constructor(data: Buffer) {
    this.#data = data
  }

  get ended(): boolean {
    return this.#at >= this.#data.length
  }

  uint16(): number {
    return this.take(2).length === 2 ? this.#data.readUInt16LE(this.#at - 2) : 0
  }

  uint32(): number {
    return this.take(4).length === 4 ? this.#data.readUInt32LE(this.#at - 4) : 0
  }

  take(length: number): Buffer {
    const taken = this.#data.subarray(this.#at, this.#at + length)
    this.skip(length)
    return taken
  }

  skip(length: number): void {
    this.#at = Math.min(this.#at + length, this.#data.length)
  }
}
