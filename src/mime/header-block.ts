import { decodeWords } from './encoded-words.ts'

/** Longest value of one header field that is kept, folded lines joined. */
const maxHeaderChars = 16_384
const maxHeaderFields = 500

export interface HeaderField {
  /** Lower case, as compared. */
  name: string
  /** Unfolded, bytes as Latin-1 characters; `decoded` resolves encoded words. */
  raw: string
}

/** The fields of one header block, in order (RFC 5322 section 2.2). */
export class HeaderBlock {
  readonly fields: readonly HeaderField[]

  constructor(fields: readonly HeaderField[]) {
    this.fields = fields
  }

  raw(name: string): string | undefined {
    return this.fields.find((field) => field.name === name)?.raw
  }

  has(name: string): boolean {
    return this.fields.some((field) => field.name === name)
  }

  all(name: string): string[] {
    return this.fields.filter((field) => field.name === name).map((field) => field.raw)
  }

  decoded(name: string): string | undefined {
    const raw = this.raw(name)
    return raw === undefined ? undefined : decodeWords(raw)
  }
}

export interface HeaderSplit {
  headers: HeaderBlock
  /** Where the body begins in the text that was given. */
  bodyStart: number
}

const fieldStart = /^([!-9;-~]{1,80})[ \t]{0,8}:/

/**
 * Reads fields from `start` to the first blank line. Lenient as mail in the wild needs: an mbox "From " line first,
 * and a line that is no field ends the block when no blank line does.
 */
export function splitHeaders(text: string, start = 0): HeaderSplit {
  const fields: HeaderField[] = []
  let at = start
  while (at < text.length) {
    const newline = text.indexOf('\n', at)
    const end = newline < 0 ? text.length : newline
    const next = Math.min(end + 1, text.length)
    if (end === at) return { headers: new HeaderBlock(fields), bodyStart: next }
    const line = text.slice(at, Math.min(end, at + maxHeaderChars))
    if (!takeLine(fields, line)) return { headers: new HeaderBlock(fields), bodyStart: at }
    at = next
  }
  return { headers: new HeaderBlock(fields), bodyStart: at }
}

/** False when the line can belong to no header block: then the body has begun. */
function takeLine(fields: HeaderField[], line: string): boolean {
  const last = fields.at(-1)
  if (line.startsWith(' ') || line.startsWith('\t')) {
    if (last && last.raw.length < maxHeaderChars) last.raw += `\n${line}`.slice(0, maxHeaderChars)
    return line.trim() !== ''
  }
  const match = fieldStart.exec(line)
  if (!match?.[1]) return fields.length === 0 && /^>?From /.test(line)
  if (fields.length < maxHeaderFields)
    fields.push({ name: match[1].toLowerCase(), raw: line.slice(match[0].length).trim() })
  return true
}
