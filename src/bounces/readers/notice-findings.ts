import { findAddresses } from '../addresses.ts'
import type { RecipientFinding } from '../finding.ts'
import { classifyReason } from '../reasons/classify.ts'
import { isReport, reportSigns } from '../recognise.ts'
import type { ReportContext } from '../report-verdicts.ts'
import { readNotice } from './notice.ts'

/** Recipients of a report in prose; undefined when the message is no such report. */
export function noticeFindings(context: ReportContext): RecipientFinding[] | undefined {
  const signs = reportSigns(context.parts, context.text)
  const found = readNotice(context.notice, addressesOfReader(context))
  if (!isReport(signs, namesFailure(found, context))) return undefined
  if (signs.failedRecipients.length > 0) return failedRecipients(signs.failedRecipients, found, context)
  return alone(found.length > 0 ? found : [fromReturnedMessage(context)], context)
}

/**
 * Adds to a delivery status what the notice says of each recipient: the command that was refused often stands only there, and the
 * address where a gateway wrote its own kind of name into the field (`x400; …`, `unknown; CN=kai/O=example`).
 */
export function withNotice(findings: RecipientFinding[], context: ReportContext): RecipientFinding[] {
  const named = readNotice(context.notice, addressesOfReader(context))
  const said = new Map(named.map((one) => [one.address, one.notice]))
  const alone = findings.length === 1
  return findings.map((finding) => ({
    ...finding,
    address: finding.address ?? (alone ? onlyAddress(named, context) : undefined) ?? finding.bareName,
    notice: said.get(finding.address) ?? said.get(finding.originalRecipient),
    context: alone ? context.text : undefined,
  }))
}

function onlyAddress(named: RecipientFinding[], context: ReportContext): string | undefined {
  return (named.length === 1 ? named[0]?.address : undefined) ?? context.original.to ?? undefined
}

/** A recipient on a line of its own is enough; one named in a sentence counts when the text says what was wrong. */
function namesFailure(found: RecipientFinding[], context: ReportContext): boolean {
  if (found.some((one) => one.evidence === 'notice:own-line')) return true
  return found.length > 0 && classifyReason({ text: context.text }) !== 'unknown'
}

/** Whom the report was sent to and by whom, and who sent what it returns: no recipients, where a sentence names them. */
function addressesOfReader(context: ReportContext): Set<string> {
  const { headers } = context.parts.root
  const returned = context.original.headers
  const values = [
    headers.raw('to'),
    headers.raw('from'),
    headers.raw('return-path'),
    returned.from,
    returned['return-path'],
  ]
  return new Set(
    values.flatMap((value) => findAddresses((value ?? '').slice(0, 4000)).map((found) => found.address)),
  )
}

function failedRecipients(
  addresses: string[],
  found: RecipientFinding[],
  context: ReportContext,
): RecipientFinding[] {
  const said = new Map(found.map((one) => [one.address, one.notice]))
  return addresses.map((address) => ({
    address,
    notice: said.get(address) ?? context.text,
    evidence: 'x-failed-recipients',
  }))
}

/** A report that names nobody is about whom the returned message was for. */
function fromReturnedMessage(context: ReportContext): RecipientFinding {
  return { address: context.original.to ?? undefined, notice: context.text, evidence: 'returned-message' }
}

/** All of the text is about the only recipient. */
function alone(findings: RecipientFinding[], context: ReportContext): RecipientFinding[] {
  return findings.length === 1 ? findings.map((finding) => ({ ...finding, context: context.text })) : findings
}
