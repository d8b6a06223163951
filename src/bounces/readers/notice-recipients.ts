import { type FoundAddress, findAddresses } from '../addresses.ts'
import { introducingWords } from './notice-wording.ts'

/** How plainly a line says that this address failed. */
export type Introduction = 'own-line' | 'in-sentence'

export interface Introduced {
  address: string
  how: Introduction
  /** The rest of the line, where the error often stands. */
  rest: string
  indent: number
}

export function indentOf(line: string): number {
  return /^[ \t]{0,80}/.exec(line)?.[0].length ?? 0
}

/** Before an address that begins its line: bullets, quotes and brackets, or the `>>>` of Active!Hunter. */
const bullet = /^[ \t]{0,24}(?:[-*>•·+]{1,3}[ \t]{0,4})?(?:--[ \t])?["'<({[]{0,2}$/
/** Sendmail: `554 5.1.1 <a@b>... User unknown`; others `550 a@b`. */
const replyBefore = /^[ \t]{0,8}[45]\d\d[ -](?:[45]\.\d{1,3}\.\d{1,3} )?[<]?$/
/** After an address that begins its line, when the line is about that address. */
const aboutIt: readonly RegExp[] = [
  // Alone: "kai@example.org", "kai@example.org<mailto:kai@example.org>"; with its error: "<kai@example.org>: host mx said"
  /^["'>)}\]]{0,3}(?:[ \t]{0,40}$|[ \t]{0,4}:|[ \t]{0,4}<mailto:)/i,
  // sendmail: "<kai@example.org>... User unknown"; smail: "kai@example.org ... unknown host"
  /^>? ?\.\.\./,
  // Exchange 2003: "kai@example.org on Thu, 29 Apr 2007 16:51:51", "'kai@example.org' am 29.04.2007 16:51"
  /^['"]? (?:on|am|le|el|il|op|em|den) (?:\w{3}, |\d{1,2}[./-])/i,
  // "kai@example.org [User unknown]", "<kai@example.org>   (Unknown user kai)", "kai@example.org - mailbox full"
  /^["'>)}\]]{0,3}[ \t]{1,12}(?:[[(]|-{1,2}[> ])/,
  // "<kai@example.org> no such user", and no quotation: "<kai@example.org> wrote:"
  /^>[ \t]{1,4}(?!wrote|schrieb|a écrit)[a-z]/i,
  // Zoho: "kai@example.org Invalid Address, ERROR_CODE :550"; PowerMTA: "<kai@example.org>  delivery failed; will not continue trying"
  /^>?[ \t]{1,4}(?:Invalid Address|Error\b|delivery failed|,?[45]\d\d[ -])/i,
  // "kai@example.org User unknown", "kai@example.org could not be reached"
  /^["'>)]{0,2}[ \t]{1,4}(?:(?:user|recipient|mailbox|account) |unknown|no such|not found|(?:is |was )?(?:undeliverable|rejected|refused|unknown)|(?:could|can) ?not be|does not exist|failed)/i,
]

/** Addresses of one line that are looked at. */
const maxNamedInLine = 10

/** The recipient that a line introduces, if it does. */
export function introducedBy(line: string): Introduced[] {
  if (!line.includes('@')) return []
  const found = findAddresses(line, maxNamedInLine)
  const first = bracketedAfter(line, found) ?? found[0]
  if (!first) return []
  const before = line.slice(0, first.start)
  const after = line.slice(first.end)
  if (bullet.test(before) && isAboutIt(after)) return [introduction(first, 'own-line', restOf(after), line)]
  if (replyBefore.test(before) && /^>?\.\.\. /.test(after))
    return [introduction(first, 'own-line', line, line)]
  return found
    .filter((one) => isNamedInSentence(line, one))
    .map((one) => introduction(one, 'in-sentence', line, line))
}

/** `name@a <b@c>:` is about the address in brackets. */
function bracketedAfter(line: string, found: FoundAddress[]): FoundAddress | undefined {
  const [name, address] = found
  return name && address && line.slice(name.end, address.start) === ' <'
    ? { ...address, start: name.start }
    : undefined
}

function isAboutIt(after: string): boolean {
  return aboutIt.some((wording) => wording.test(after))
}

function introduction(found: FoundAddress, how: Introduction, rest: string, line: string): Introduced {
  return { address: found.address, how, rest, indent: indentOf(line) }
}

function restOf(after: string): string {
  return after.replace(/^["'>)}\]]{0,3}(?:<mailto:[^>]{0,300}>)?[ \t]{0,4}:?/, '').trim()
}

function isNamedInSentence(line: string, found: FoundAddress): boolean {
  const before = line.slice(Math.max(0, found.start - 90), found.start)
  return introducingWords.some((words) => words.test(before))
}
