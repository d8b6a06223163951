import { findAddresses } from '../addresses.ts'
import { maxDiagnosticChars } from '../limits.ts'
import { replyCodesOf } from '../reply-codes.ts'
import { type SmtpStage, smtpStageOf } from '../smtp-stage.ts'
import type { BounceReason } from '../verdict.ts'
import { blocklistRules } from './blocklist-rules.ts'
import { contentRules, spamVerdictRules } from './content-rules.ts'
import { domainRules } from './domain-rules.ts'
import { filterRules } from './filter-rules.ts'
import { closedMailboxRules, inactiveRules } from './inactive-rules.ts'
import { faultRules, machineRules, protocolRules } from './machine-rules.ts'
import { mailboxRules } from './mailbox-rules.ts'
import { formRules, sizeRules, standardRules } from './message-rules.ts'
import { loginRules, policyRules, relayRules } from './policy-rules.ts'
import { rateRules, transientRules } from './rate-rules.ts'
import { deadRecipientRules, refusedRecipientRules } from './recipient-rules.ts'
import { bareBlockRules, blockRules, greetingRules, reputationRules } from './reputation-rules.ts'
import { type CompiledRule, compileRule } from './rule.ts'
import { authenticationRules, senderDnsRules, senderRules } from './sender-rules.ts'
import {
  reasonOfMicrosoftStatus,
  reasonOfPlainStatus,
  reasonOfReplyCode,
  reasonOfStatus,
} from './status-reasons.ts'
import { connectionRules, expiryRules } from './transport-rules.ts'
import { unknownRecipientRules } from './unknown-recipient-rules.ts'

/** The first rule that matches decides: what names its cause plainly stands before what only sounds like it. */
const beforeRecipient: readonly CompiledRule[] = [
  ...reputationRules,
  ...spamVerdictRules,
  ...senderDnsRules,
  ...authenticationRules,
  ...mailboxRules,
  ...inactiveRules,
  ...rateRules,
  ...sizeRules,
  ...transientRules,
  ...relayRules,
  ...filterRules,
  ...deadRecipientRules,
  ...greetingRules,
  ...loginRules,
  ...standardRules,
  ...senderRules,
  ...faultRules,
  ...domainRules,
  ...blocklistRules,
  ...closedMailboxRules,
].map(compileRule)

const unknownRecipient = unknownRecipientRules.map(compileRule)
const refusedRecipient = refusedRecipientRules.map(compileRule)

/** What is wrong with the message or its sender: a status of 5.1.x beside these words is a server's default. */
const contentAndHost: readonly CompiledRule[] = [...contentRules, ...formRules, ...blockRules].map(
  compileRule,
)

const afterRecipient: readonly CompiledRule[] = [
  ...protocolRules,
  ...connectionRules,
  ...policyRules,
  ...expiryRules,
  ...machineRules,
  ...bareBlockRules,
].map(compileRule)

export interface Reply {
  /** Everything that was said about the refusal. */
  text: string
  status?: string | undefined
  smtpCode?: string | undefined
  /** The command that was refused, where known; else it is read from the text. */
  stage?: SmtpStage | undefined
}

export function classifyReason(reply: Reply): BounceReason {
  const staged = { ...reply, stage: reply.stage ?? smtpStageOf(reply.text) }
  return reasonInWords(staged) ?? reasonInCodes(staged) ?? 'unknown'
}

/** What the wording says, with those codes that leave no doubt. */
export function reasonInWords(reply: Reply): BounceReason | undefined {
  const stage = reply.stage ?? smtpStageOf(reply.text)
  const text = comparable(reply.text)
  return (
    byStatus(reply, reasonOfMicrosoftStatus) ??
    firstMatch(beforeRecipient, text, stage) ??
    recipientReason(unknownRecipient, reply, text, stage) ??
    (isReplyOfAddress(reply) ? firstMatch(contentAndHost, text, stage) : undefined) ??
    byStatus(reply, reasonOfPlainStatus) ??
    firstMatch(contentAndHost, text, stage) ??
    firstMatch(afterRecipient, text, stage) ??
    refusedRecipientReason(reply, text, stage)
  )
}

function isReplyOfAddress({ status, smtpCode }: Reply): boolean {
  return smtpCode !== undefined && /^\d\.1\.[1236]$/.test(status ?? '')
}

/** What the codes say where the words say nothing; last, what a permanent refusal of that command is about. */
export function reasonInCodes(reply: Omit<Reply, 'text'>): BounceReason | undefined {
  return (
    byStatus(reply, reasonOfStatus) ??
    (reply.smtpCode ? reasonOfReplyCode(reply.smtpCode) : undefined) ??
    (reply.smtpCode?.startsWith('5') && reply.stage ? refusalAt[reply.stage] : undefined)
  )
}

const refusalAt: Partial<Record<SmtpStage, BounceReason>> = {
  connect: 'sender_blocked',
  hello: 'sender_blocked',
  mail: 'sender_rejected',
}

function byStatus(
  { status }: Omit<Reply, 'text'>,
  reasonOf: (status: string) => BounceReason | undefined,
): BounceReason | undefined {
  return status === undefined ? undefined : reasonOf(status)
}

/** The reason of one SMTP reply, as a server wrote it. */
export function classifyReplyLine(line: string): BounceReason {
  return classifyReason({ text: line, ...replyCodesOf(line) })
}

function firstMatch(
  rules: readonly CompiledRule[],
  text: string,
  stage: SmtpStage | undefined,
): BounceReason | undefined {
  const reason = rules.find((rule) => appliesAt(rule, stage) && rule.pattern.test(text))?.reason
  // The domain that the answer to MAIL speaks of is ours.
  return reason === 'invalid_domain' && stage === 'mail' ? 'sender_rejected' : reason
}

function appliesAt(rule: CompiledRule, stage: SmtpStage | undefined): boolean {
  return rule.stages === undefined || (stage !== undefined && rule.stages.includes(stage))
}

/**
 * "User unknown" is proof of a dead address as the answer to RCPT or with a 5.1.x status. Elsewhere, above all after DATA,
 * filters of the recipient use the same words.
 */
function recipientReason(
  rules: readonly CompiledRule[],
  reply: Reply,
  text: string,
  stage: SmtpStage | undefined,
): BounceReason | undefined {
  if (!firstMatch(rules, text, stage)) return undefined
  if (stage === 'mail' || /^\d\.1\.[78]$/.test(reply.status ?? '')) return 'sender_rejected'
  if (/^[45]\.1\.\d/.test(reply.status ?? '') || reply.status === '5.4.1') return 'invalid_recipient'
  if (stage === 'rcpt') return 'invalid_recipient'
  return 'recipient_filtered'
}

/** A refusal in so many words only is proof with a 5.1.x status, or as "access denied" where the recipient was refused. */
function refusedRecipientReason(
  reply: Reply,
  text: string,
  stage: SmtpStage | undefined,
): BounceReason | undefined {
  const plain =
    /^[45]\.1\.\d/.test(reply.status ?? '') || /recipient address(?:es)? rejected ?: access denied/.test(text)
  if (plain) return recipientReason(refusedRecipient, reply, text, stage)
  return firstMatch(refusedRecipient, text, stage) && 'recipient_filtered'
}

/** Lower case, single white space, replies of many lines joined, addresses and hosts out: `user-unknown@…` and `host spam.…` are names. */
function comparable(raw: string): string {
  const joined = raw
    .slice(0, maxDiagnosticChars)
    .replace(/(?<![\d.])[45]\d\d-(?:[45]\.\d{1,3}\.\d{1,3} )?/g, ' ')
    .replace(/(?<=\S )[45]\d\d [45]\.\d{1,3}\.\d{1,3} /g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/\bhost \S{1,255}\[[\da-f.:]{2,45}\] (?=said|refused)/gi, ' ')
  return withoutAddresses(joined).toLowerCase().replaceAll('’', "'")
}

function withoutAddresses(text: string): string {
  let out = ''
  let from = 0
  for (const { start, end } of findAddresses(text)) {
    out += `${text.slice(from, start)}@`
    from = end
  }
  return out + text.slice(from)
}
