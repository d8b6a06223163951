import { asUtf8, decodeWords } from '../../mime/encoded-words.ts'
import { addressOfField, bareRecipient } from '../addresses.ts'
import type { RecipientFinding } from '../finding.ts'
import { maxDiagnosticChars, maxRecipients } from '../limits.ts'
import { statusOfField } from '../reply-codes.ts'

type Fields = Map<string, string>

const field =
  /^[ \t]{0,8}(original-recipient|final-recipient|x-actual-recipient|action|status|diagnostic-code|remote-mta|x-postfix-queue-id|x-notes|reporting-mta|arrival-date|last-attempt-date|will-retry-until|received-from-mta|original-envelope-id|final-log-id|x-[a-z-]{1,40}):[ \t]{0,20}(.*)$/i
const perMessage = new Set(['reporting-mta', 'arrival-date', 'received-from-mta', 'original-envelope-id'])
const opensGroup = new Set(['final-recipient', 'original-recipient', 'action'])

/** Recipients of `message/delivery-status` parts (RFC 3464 section 2.3), also of groups without a blank line between them. */
export function readStatusParts(bodies: readonly string[]): RecipientFinding[] {
  return bodies.flatMap(readDeliveryStatus)
}

/** Recipients of the same fields pasted into a text, as mail systems without MIME do. */
export function readPastedStatus(text: string): RecipientFinding[] {
  return /^[ \t]{0,8}(?:Final|Original)-Recipient:/im.test(text) ? readDeliveryStatus(text) : []
}

function readDeliveryStatus(body: string): RecipientFinding[] {
  const findings: RecipientFinding[] = []
  for (const group of recipientGroups(body)) {
    const finding = findingOf(group)
    if (finding) findings.push(finding)
    if (findings.length > maxRecipients) break
  }
  return findings
}

function* recipientGroups(body: string): Generator<Fields> {
  let group: Fields = new Map()
  let name = ''
  for (const line of body.split('\n')) {
    const match = field.exec(line.length > 4000 ? line.slice(0, 4000) : line)
    if (match?.[1]) {
      name = match[1].toLowerCase()
      if (startsAnother(group, name)) {
        yield group
        group = new Map()
      }
      if (!perMessage.has(name) && !group.has(name)) group.set(name, match[2] ?? '')
      else name = ''
    } else if (/^[ \t]/.test(line) && name) appendTo(group, name, line)
    else name = line.trim() === '' ? '' : unfolded(group, name, line)
  }
  yield group
}

/** Some servers wrap a long diagnostic without indenting it: what is no field continues it. */
function unfolded(group: Fields, name: string, line: string): string {
  if (name !== 'diagnostic-code' || /^[\w-]{1,40}:/.test(line)) return ''
  appendTo(group, name, line)
  return name
}

function appendTo(group: Fields, name: string, line: string): void {
  const value = group.get(name) ?? ''
  if (value.length < maxDiagnosticChars) group.set(name, `${value}\n${line.trim()}`)
}

/** A group ends where one of its fields comes again; Original-Recipient may stand before or after Final-Recipient. */
function startsAnother(group: Fields, name: string): boolean {
  if (!opensGroup.has(name)) return false
  if (group.has(name)) return true
  const [first] = group.keys()
  return (
    name === 'original-recipient' && first === 'final-recipient' && group.has('action') && group.has('status')
  )
}

function findingOf(group: Fields): RecipientFinding | undefined {
  const final = group.get('final-recipient')
  const original = group.get('original-recipient')
  if (final === undefined && original === undefined && !group.has('action')) return undefined
  if (final === undefined && original === undefined && !group.has('status') && !group.has('diagnostic-code'))
    return undefined
  const originalRecipient = original === undefined ? undefined : recipientOf(original)
  const address =
    recipientOf(final ?? '') ?? recipientOf(group.get('x-actual-recipient') ?? '') ?? originalRecipient
  return {
    address,
    bareName: bareRecipient(final ?? ''),
    originalRecipient,
    action: actionOf(group.get('action')),
    status: statusOfField(group.get('status') ?? ''),
    diagnostic: diagnosticOf(group.get('diagnostic-code')),
    remoteMta: mtaOf(group.get('remote-mta')),
    aside: asides(group),
    evidence: 'delivery-status',
  }
}

/** What some servers add beside the fields: `Status: 4.0.0 (host name lookup failure)`, PowerMTA's category. */
function asides(group: Fields): string | undefined {
  const comment = /\(([^()]{1,200})\)/.exec(group.get('status') ?? '')?.[1]
  const category = group.get('x-powermta-bouncecategory')
  const lines = [comment, category && `BounceCategory: ${category}`].filter((line) => line)
  return lines.length > 0 ? lines.join('\n') : undefined
}

/** RFC 6533 section 3 writes characters of a UTF-8 address as `\x{263a}` where the transport is ASCII. */
function recipientOf(value: string): string | undefined {
  const text = value.replace(/\\x\{([0-9a-f]{1,6})\}/gi, (_, code: string) =>
    codePoint(Number.parseInt(code, 16)),
  )
  return addressOfField(asUtf8(text))
}

function codePoint(value: number): string {
  return value <= 0x10ffff ? String.fromCodePoint(value) : ''
}

function actionOf(value: string | undefined): string | undefined {
  return /^\s{0,10}([a-z]{3,20})/i.exec(value ?? '')?.[1]?.toLowerCase()
}

function diagnosticOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const unfolded = decodeWords(value.replaceAll('\n', '\n '))
  // `X-Unix; 75` is the exit status of a delivery program (sysexits.h): the type is what says so.
  const text = (/^\s{0,20}x-unix/i.test(unfolded) ? unfolded : withoutType(unfolded)).trim()
  return text === '' ? undefined : text
}

function mtaOf(value: string | undefined): string | undefined {
  return value === undefined ? undefined : withoutType(value).trim() || undefined
}

/** `smtp; 550 …`, `dns; mx.example.org`: the value without its type (RFC 3464 section 2.1.2). */
function withoutType(value: string): string {
  return value.replace(/^\s{0,20}[a-z][a-z0-9-]{0,40}\s{0,5};\s{0,20}/i, '')
}
