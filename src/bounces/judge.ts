import type { RecipientFinding } from './finding.ts'
import { maxDiagnosticChars } from './limits.ts'
import { boilerplate } from './readers/notice-wording.ts'
import { type Reply, reasonInCodes, reasonInWords } from './reasons/classify.ts'
import { isVague, replyCodesOf } from './reply-codes.ts'
import { smtpStageOf } from './smtp-stage.ts'
import type { BounceReason, RecipientKind, RecipientVerdict } from './verdict.ts'

/** Reasons that mean the address, or its domain, will not take mail again. */
const deadAddress = new Set<BounceReason>(['invalid_recipient', 'invalid_domain', 'moved'])
/** Reasons that pass, where no code says otherwise. */
const passing = new Set<BounceReason>([
  'mailbox_full',
  'expired',
  'connection',
  'remote_error',
  'rate_limited',
  'greylisted',
])
const successes = new Set(['delivered', 'relayed', 'expanded', 'deliverable'])

/** What is decided about one recipient of a delivery report. `delayed` when the report as a whole only warns. */
export function judge(finding: RecipientFinding, delayed: boolean): RecipientVerdict {
  if (successes.has(finding.action ?? '')) return delivered(finding)
  const text = evidenceText(finding)
  const codes = codesOf(finding, text)
  const { status, smtpCode } = codes
  const stage = finding.stage ?? smtpStageOf(text) ?? smtpStageOf(finding.context ?? '')
  const reason = reasonOf(finding, text, { status, smtpCode, stage })
  const action = finding.action ?? (delayed ? 'delayed' : 'failed')
  const permanent = isPermanent(action, codes, reason)
  const addressDead = permanent && deadAddress.has(reason)
  return {
    address: finding.address ?? null,
    originalRecipient: finding.originalRecipient ?? null,
    status: status ?? null,
    smtpCode: smtpCode ?? null,
    action,
    kind: kindOf(action, addressDead),
    permanent,
    addressDead,
    reason,
    diagnostic: shortened(finding.diagnostic ?? finding.notice),
    remoteMta: finding.remoteMta ?? null,
    evidence: finding.evidence,
  }
}

/** The machine-readable reply first: the prose around it may speak of other recipients and other causes. Codes last. */
function reasonOf(finding: RecipientFinding, text: string, reply: Omit<Reply, 'text'>): BounceReason {
  const machine = joined(finding.diagnostic ?? remoteReply(text), finding.aside)
  const around = withoutBoilerplate(finding.context ?? '')
  const told = [machine, quotedReply(text), text, quotedReply(around), around]
  for (const words of new Set(told.map((one) => one.trim()))) {
    const reason = words === '' ? undefined : reasonInWords({ ...reply, text: words })
    if (reason) return reason
  }
  return reasonInCodes(reply) ?? 'unknown'
}

/** What the other server replied, as sendmail prints it: `(reason: 551 not our customer)`, `<<< 551 not our customer`. */
function remoteReply(notice: string): string | undefined {
  return /\(reason: ([45]\d\d[ -][^\n]{1,300})\)/.exec(notice)?.[1] ?? onlyRefusal(notice)
}

/** A session with several refusals is about several recipients. */
function onlyRefusal(notice: string): string | undefined {
  const refusals = notice.split('\n').filter((line) => /^[ \t]{0,8}<<< ?[45]\d\d/.test(line))
  const codes = new Set(refusals.map((line) => /[45]\d\d/.exec(line)?.[0]))
  return codes.size === 1 ? refusals.join('\n') : undefined
}

/** The paragraph that quotes a reply with both codes and words: what stands around it is advice and description. */
function quotedReply(text: string): string {
  const from = text.search(/(?<![\d.])[45]\d\d[ -]{1,2}[45]\.\d{1,3}\.\d{1,3}[ :]{1,2}[A-Za-z<]/)
  if (from < 0) return ''
  const end = text.indexOf('\n\n', from)
  return end < 0 ? text.slice(from) : text.slice(from, end)
}

function kindOf(action: string, addressDead: boolean): RecipientKind {
  if (action === 'delayed') return 'delayed'
  return addressDead ? 'hard' : 'soft'
}

/** The reply of the server that refused outranks the class of the report that passes it on (4.4.7 around a 550). */
function isPermanent(action: string, { status, smtpCode }: Codes, reason: BounceReason): boolean {
  if (action === 'delayed') return false
  const decisive = smtpCode ?? status
  return decisive === undefined ? !passing.has(reason) : decisive.startsWith('5')
}

interface Codes {
  status: string | undefined
  smtpCode: string | undefined
}

/** The status that the remote server replied with; a reporting server's own (`4.4.7` around `450 4.7.1`) only where it gave none. */
function codesOf(finding: RecipientFinding, text: string): Codes {
  const said = replyCodesOf(finding.diagnostic ?? remoteReply(finding.notice ?? '') ?? '')
  const all = replyCodesOf(text)
  const smtpCode = said.smtpCode ?? all.smtpCode ?? replyCodesOf(finding.context ?? '').smtpCode
  const inReply = said.status ?? all.status
  const stated = finding.status
  if (stated === undefined || isVague(stated)) return { smtpCode, status: inReply ?? stated }
  return { smtpCode, status: said.smtpCode ? (said.status ?? stated) : stated }
}

function evidenceText(finding: RecipientFinding): string {
  const text = joined(finding.diagnostic, finding.aside, finding.notice)
  return withoutBoilerplate(text)
}

function joined(...parts: (string | undefined)[]): string {
  return parts.filter((part) => part).join('\n')
}

function withoutBoilerplate(text: string): string {
  let rest = text.slice(0, maxDiagnosticChars)
  for (const phrase of boilerplate) rest = rest.replace(phrase, ' ')
  return rest
}

function delivered(finding: RecipientFinding): RecipientVerdict {
  return {
    address: finding.address ?? null,
    originalRecipient: finding.originalRecipient ?? null,
    status: finding.status ?? null,
    smtpCode: /\b2\d\d\b/.exec(finding.diagnostic ?? '')?.[0] ?? null,
    action: finding.action ?? 'delivered',
    kind: 'delivered',
    permanent: null,
    addressDead: false,
    reason: 'delivered',
    diagnostic: shortened(finding.diagnostic),
    remoteMta: finding.remoteMta ?? null,
    evidence: finding.evidence,
  }
}

function shortened(text: string | undefined): string | null {
  const line = text?.replace(/\s+/g, ' ').trim().slice(0, 1000)
  return line ? line : null
}
