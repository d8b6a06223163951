import type { SmtpCommand } from '../smtp/reply.ts'
import { type Consequence, consequenceOf } from './consequence.ts'
import { judge } from './judge.ts'
import type { SmtpStage } from './smtp-stage.ts'
import type { Reason, RecipientVerdict } from './verdict.ts'

/** What a server answered in our own session to the email that it ended. */
export interface Refusal {
  command: SmtpCommand
  code: number
  status: string | null
  /** Without the codes. */
  text: string | null
}

/** At these commands a server speaks of the recipient or the message; before them, of who is sending. */
const stages: Partial<Record<SmtpCommand, SmtpStage>> = {
  'RCPT TO': 'rcpt',
  DATA: 'data',
  'end of DATA': 'data',
}

/** The same verdict that a report with this reply would give; undefined where the reply says nothing of the address. */
export function judgeRefusal({
  command,
  code,
  status,
  text,
}: Refusal): { recipient: RecipientVerdict; consequence: Consequence } | undefined {
  const stage = stages[command]
  if (stage === undefined || code < 400) return undefined
  const diagnostic = [code, status, text].filter((part) => part !== null && part !== '').join(' ')
  const finding = { action: 'failed', status: status ?? undefined, diagnostic, stage }
  const recipient = judge({ ...finding, evidence: 'smtp_session' }, false)
  const consequence = consequenceOf(recipient)
  return consequence && { recipient, consequence }
}

/** Our own server may refuse to relay to anybody: that says nothing of the address. */
export const speaksOfAddress = (reason: Reason): boolean => reason !== 'relay_denied'
