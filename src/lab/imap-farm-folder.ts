/** A message whose content may be made up as it is read, so that a large one costs the lab no memory. */
export interface FarmContent {
  size: number
  /** Bytes in [start, end), end at most `size`. */
  read(start: number, end: number): Buffer
}

export interface FarmMessage {
  uid: number
  internalDate: Date
  flags: string[]
  content: FarmContent
}

/** One folder of a farm mailbox: messages in UID order. */
export class FarmFolder {
  readonly name: string
  readonly use: string | undefined
  readonly messages: FarmMessage[] = []
  uidValidity = 1
  uidNext = 1
  highestModseq = 1

  constructor(name: string, use?: string) {
    this.name = name
    this.use = use
  }

  add(content: FarmContent, internalDate: Date, flags: string[]): number {
    const uid = this.uidNext
    this.messages.push({ uid, internalDate, flags, content })
    this.uidNext += 1
    this.highestModseq += 1
    return uid
  }

  /** Takes messages away, as another client would or a MOVE does. */
  remove(uids: readonly number[]): FarmMessage[] {
    const gone = this.messages.filter(({ uid }) => uids.includes(uid))
    const left = this.messages.filter(({ uid }) => !uids.includes(uid))
    this.messages.splice(0, this.messages.length, ...left)
    this.highestModseq += 1
    return gone
  }

  /** STORE +FLAGS and -FLAGS. */
  setFlags(message: FarmMessage, flags: readonly string[], set: boolean): void {
    const others = message.flags.filter((flag) => !flags.includes(flag))
    message.flags = set ? [...others, ...flags] : others
    this.highestModseq += 1
  }

  /** The messages of a sequence set of UIDs; "*" is the last one there is, so "n:*" always has it (RFC 3501 section 9). */
  select(set: string): { seq: number; message: FarmMessage }[] {
    const last = this.messages.at(-1)?.uid ?? 0
    const ranges = set.split(',').map((part) => {
      const [first = 0, second = first] = part.split(':').map((uid) => (uid === '*' ? last : Number(uid)))
      return [Math.min(first, second), Math.max(first, second)] as const
    })
    return this.messages.flatMap((message, at) =>
      ranges.some(([from, to]) => message.uid >= from && message.uid <= to) ? [{ seq: at + 1, message }] : [],
    )
  }

  /** UID SEARCH by the keys our door uses: ALL, UID, SINCE, BEFORE; dates in UTC. */
  search(keys: string): number[] {
    const set = /\bUID ([\d:*,]+)/i.exec(keys)?.[1] ?? '1:*'
    const since = day(/\bSINCE "?([\w-]+)/i.exec(keys)?.[1]) ?? -Infinity
    const before = day(/\bBEFORE "?([\w-]+)/i.exec(keys)?.[1]) ?? Infinity
    return this.select(set).flatMap(({ message: { uid, internalDate } }) =>
      internalDate.getTime() >= since && internalDate.getTime() < before ? [uid] : [],
    )
  }
}

function day(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(`${text.replaceAll('-', ' ')} UTC`)
}

/** A FETCH response in pieces: text and, between, what literals announce. */
export function fetchResponse(seq: number, message: FarmMessage, items: string): Buffer {
  const parts: Buffer[] = []
  let text = `* ${seq} FETCH (UID ${message.uid}`
  const literal = (name: string, bytes: Buffer) => {
    parts.push(Buffer.from(`${text} ${name} {${bytes.length}}\r\n`), bytes)
    text = ''
  }
  if (/\bFLAGS\b/i.test(items)) text += ` FLAGS (${message.flags.join(' ')})`
  if (/\bINTERNALDATE\b/i.test(items)) text += ` INTERNALDATE "${internalDate(message.internalDate)}"`
  if (/\bRFC822\.SIZE\b/i.test(items)) text += ` RFC822.SIZE ${message.content.size}`
  const fields = /BODY\.PEEK\[HEADER\.FIELDS \(([^)]*)\)\]/i.exec(items)?.[1]
  if (fields !== undefined) literal(`BODY[HEADER.FIELDS (${fields})]`, headerFields(message.content, fields))
  const body = /BODY\.PEEK\[\](?:<(\d+)\.(\d+)>)?/i.exec(items)
  if (body) {
    const start = Number(body[1] ?? 0)
    const end = Math.min(message.content.size, start + Number(body[2] ?? message.content.size))
    literal(
      body[1] === undefined ? 'BODY[]' : `BODY[]<${start}>`,
      message.content.read(Math.min(start, end), end),
    )
  }
  return Buffer.concat([...parts, Buffer.from(`${text})\r\n`)])
}

function headerFields(content: FarmContent, names: string): Buffer {
  const head =
    content
      .read(0, Math.min(content.size, 64 * 1024))
      .toString('latin1')
      .split('\r\n\r\n')[0] ?? ''
  const wanted = new Set(names.toLowerCase().replaceAll('"', '').split(' '))
  const fields = head
    .split(/\r\n(?![ \t])/)
    .filter((line) => wanted.has(line.split(':')[0]?.toLowerCase() ?? ''))
  return Buffer.from(`${fields.map((line) => `${line}\r\n`).join('')}\r\n`, 'latin1')
}

function internalDate(date: Date): string {
  const [, weekdayless = ''] = /^\w+, (.*) GMT$/.exec(date.toUTCString()) ?? []
  return `${weekdayless.replace(/^(\d+) (\w+) /, '$1-$2-')} +0000`
}
