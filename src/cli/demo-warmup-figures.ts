import { rampRange, type WarmupScenario } from '../lab/warmup-verdict.ts'
import type { WarmupWitness } from '../lab/warmup-witness.ts'
import { castOfWarmup } from './demo-warmup-setup.ts'
import type { MailboxReport } from './warmup-report.ts'

/** A day of all mailboxes together. */
export interface SceneDay {
  day: number
  /** The curve, and what it is with its jitter. */
  ramp: number
  maySend: number
  sent: number
  answers: number
  junk: number
}

/** A mailbox over all days. */
export interface SceneMailbox {
  mailbox: string
  tenant: string
  provider: string
  sent: number
  answers: number
  /** Of what it sent. */
  junk: number
  /** Of what it got. */
  received: number
  junkReceived: number
  rescued: number
  health: string
  reputation: number | null
}

export function sumDays(
  { days, ramp, mailboxes }: WarmupScenario,
  { posted }: WarmupWitness,
  reports: readonly MailboxReport[],
): SceneDay[] {
  return Array.from({ length: days }, (_, before) => {
    const day = before + 1
    const messages = posted.filter((message) => message.day === day)
    // The last day of a report is today.
    const caps = reports.map((report) => report.days.at(day - days - 1)?.cap ?? 0)
    return {
      day,
      ramp: mailboxes.length * rampRange(ramp, day).level,
      maySend: caps.reduce((sum, cap) => sum + cap, 0),
      sent: messages.length,
      answers: messages.filter(({ inReplyTo }) => inReplyTo !== undefined).length,
      junk: messages.filter(({ folder }) => folder === 'Junk').length,
    }
  })
}

export function sumMailboxes(
  { posted, changes }: WarmupWitness,
  reports: readonly MailboxReport[],
): SceneMailbox[] {
  return castOfWarmup.map(({ address, tenant, provider }) => {
    const sent = posted.filter(({ from }) => from === address)
    const received = posted.filter(({ to }) => to === address)
    const report = reports.find(({ mailbox }) => mailbox === address)
    return {
      mailbox: address,
      tenant,
      provider,
      sent: sent.length,
      answers: sent.filter(({ inReplyTo }) => inReplyTo !== undefined).length,
      junk: sent.filter(({ folder }) => folder === 'Junk').length,
      received: received.length,
      junkReceived: received.filter(({ folder }) => folder === 'Junk').length,
      rescued: changes.filter(({ mailbox, what }) => mailbox === address && what === 'Junk → INBOX').length,
      health: report?.health ?? 'unknown',
      reputation: report?.reputation ?? null,
    }
  })
}
