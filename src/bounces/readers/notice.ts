import { isDaemon } from '../addresses.ts'
import type { RecipientFinding } from '../finding.ts'
import { maxDiagnosticChars, maxLineChars, maxNoticeLines, maxRecipients } from '../limits.ts'
import { type Introduced, type Introduction, indentOf, introducedBy } from './notice-recipients.ts'
import { copyMarkers, returnedHeader } from './notice-wording.ts'

export interface Notice {
  /** The lines before the returned message. */
  lines: string[]
  /** The returned message, where the notice contains it. */
  returned: string
}

/** Splits the human-readable text at the line that announces the returned message. */
export function splitNotice(text: string): Notice {
  const lines = unquoted(text.split('\n', maxNoticeLines)).map((line) =>
    line.slice(0, maxLineChars).trimEnd(),
  )
  const cut = lines.findIndex((line, index) => endsNotice(line, lines[index - 1]))
  if (cut < 0) return { lines, returned: '' }
  const from = returnedHeader.test(lines[cut] ?? '') ? cut : cut + 1
  return { lines: lines.slice(0, cut), returned: lines.slice(from).join('\n').trimStart() }
}

/** A report forwarded by hand stands behind `> ` on nearly every line. */
function unquoted(lines: string[]): string[] {
  const quoted = lines.filter((line) => line.startsWith('>') && !line.startsWith('>>> ')).length
  if (quoted * 2 < lines.length) return lines
  return lines.map((line) => (line.startsWith('>>> ') ? line : line.replace(/^> ?/, '')))
}

function endsNotice(line: string, previous: string | undefined): boolean {
  if (line.length < 5 || line.length > 200) return returnedHeader.test(line) && isBreak(previous)
  if (returnedHeader.test(line)) return isBreak(previous)
  return copyMarkers.some((marker) => marker.test(line))
}

/** A returned header begins after a blank line or a rule. */
function isBreak(previous: string | undefined): boolean {
  return previous !== undefined && /^[\s\-=_*|]{0,200}$/.test(previous)
}

interface Section {
  introduced: Introduced
  lines: string[]
  /** What follows is about somebody else. */
  closed?: boolean
}

/**
 * Recipients that a notice names, with what it says about each. A line that consists of an address counts before
 * one that is named in a sentence; `ours` are the addresses of the reader of the report, who is no recipient.
 */
export function readNotice(notice: Notice, ours: ReadonlySet<string>): RecipientFinding[] {
  const own = sectionsOf(notice.lines, 'own-line', () => true)
  return merged(
    own.length > 0 ? own : sectionsOf(notice.lines, 'in-sentence', (address) => isForeign(address, ours)),
  )
}

function isForeign(address: string, ours: ReadonlySet<string>): boolean {
  return !ours.has(address) && !isDaemon(address)
}

function sectionsOf(lines: string[], how: Introduction, wanted: (address: string) => boolean): Section[] {
  const sections: Section[] = []
  let transcript: string[] = []
  for (const line of lines) {
    const introduced = continues(sections[0], line)
      ? []
      : introducedBy(line).filter((one) => one.how === how && wanted(one.address))
    if (introduced.length === 0 && !endsSession(sections.at(-1), line)) sections.at(-1)?.lines.push(line)
    for (const one of introduced)
      if (sections.length < maxRecipients * 2)
        sections.push({ introduced: one, lines: [...transcript, one.rest] })
    transcript = transcriptAfter(transcript, line, introduced.length > 0)
  }
  return sections
}

/** Below sendmail's own reply about a recipient, the session with the next server is about the next recipient. */
function endsSession(last: Section | undefined, line: string): boolean {
  if (last && isSessionStart(line) && /^[ \t]{0,8}[45]\d\d /.test(last.introduced.rest)) last.closed = true
  return last?.closed === true
}

function isSessionStart(line: string): boolean {
  return /^(?:\.\.\. )?while talking to/i.test(line)
}

/** The session that sendmail prints above its reply about a recipient: `>>> RCPT To:<a@b>`, `<<< 550 …`, `550 b (smtp)... 550 Host unknown`. */
function transcriptAfter(transcript: string[], line: string, introduces: boolean): string[] {
  if (introduces || isSessionStart(line)) return []
  return /^(?:>>> |<<< |[245]\d\d )/.test(line) ? [...transcript.slice(-8), line] : transcript
}

/** Below `<a@b>: host mx said:` an indented line goes on, even when it begins with an address. */
function continues(first: Section | undefined, line: string): boolean {
  return (
    first !== undefined && first.introduced.how === 'own-line' && indentOf(line) > first.introduced.indent
  )
}

function merged(sections: Section[]): RecipientFinding[] {
  const byAddress = new Map<string, RecipientFinding>()
  for (const { introduced, lines } of sections) {
    const text = lines.join('\n').trim().slice(0, maxDiagnosticChars)
    const known = byAddress.get(introduced.address)
    if (known) known.notice = `${known.notice}\n${text}`.slice(0, maxDiagnosticChars)
    else
      byAddress.set(introduced.address, {
        address: introduced.address,
        notice: text,
        evidence: `notice:${introduced.how}`,
      })
    if (byAddress.size > maxRecipients) break
  }
  return [...byAddress.values()]
}
