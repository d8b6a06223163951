import { attributionStart, isHeaderBlock, isSentFromPhone, isSeparator } from './quote-marks.ts'

export interface QuotedText {
  /** What the sender typed, without quotes, signature and the lines that introduce them. */
  newText: string
  /** True when the message quotes another one. */
  quotes: boolean
}

const maxChars = 100_000
const maxLines = 4_000

/** Splits a message's text; answers between quoted lines are kept, in order. */
export function splitQuotedText(text: string): QuotedText {
  const lines = text.slice(0, maxChars).replace(/\r\n?/g, '\n').split('\n', maxLines)
  const kept: string[] = []
  let quotes = false
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    if (isQuoted(line)) {
      quotes = true
      continue
    }
    if (isSignatureMark(line)) {
      // Below a signature there may only be the quote of a client that puts it last.
      return { newText: tidy(kept), quotes: quotes || restQuotes(lines, at + 1) }
    }
    if (isSeparator(line) || isHeaderBlock(lines, at)) return { newText: tidy(kept), quotes: true }
    const start = attributionStart(lines, at)
    if (start === undefined) {
      if (!isSentFromPhone(line)) kept.push(line)
      continue
    }
    quotes = true
    // What the attribution began on earlier lines was kept before its end was seen.
    kept.length = Math.max(0, kept.length - (at - start))
    if (!isQuoted(nextWritten(lines, at + 1))) break
  }
  return { newText: tidy(kept), quotes }
}

function isQuoted(line: string): boolean {
  return /^[ \t]{0,8}>/.test(line)
}

/** RFC 3676 section 4.3, and the dashes of those who do not know it. */
function isSignatureMark(line: string): boolean {
  return /^(?:-- ?|--- ?|—|__)$/.test(line.slice(0, 5))
}

function restQuotes(lines: readonly string[], from: number): boolean {
  for (let at = from; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    if (isQuoted(line) || isSeparator(line) || isHeaderBlock(lines, at)) return true
    if (attributionStart(lines, at) !== undefined) return true
  }
  return false
}

function nextWritten(lines: readonly string[], from: number): string {
  for (let at = from; at < Math.min(lines.length, from + 5); at += 1) {
    const line = lines[at] ?? ''
    if (line.trim() !== '') return line
  }
  return ''
}

function tidy(lines: readonly string[]): string {
  return (
    lines
      .map((line) => line.trimEnd())
      .join('\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim()
      // Outlook draws a line above the header block.
      .replace(/\n_{8,80}$/, '')
      .trimEnd()
  )
}
