import type { LeadEnding } from './demo-answer-account.ts'

/** What a campaign to people of whom some are suppressed came to, by two accounts. */
export interface SecondAccount {
  leads: number
  sent: number
  /** Leads that were skipped because they are suppressed, by the reason of the suppression. */
  suppressed: Record<string, number>
  /** Must not be mailed, and were: by the provider's account. */
  mailedAgain: string[]
  /** Skipped as suppressed although nothing speaks against them. */
  wronglySkipped: string[]
  /** Must not be mailed, and were not skipped as suppressed. */
  notSkipped: string[]
  agree: boolean
}

export interface SecondCampaign {
  endings: readonly (LeadEnding & { reason: string | null })[]
  sent: number
  /** How often the provider accepted something for each recipient, before this campaign and after it. */
  acceptedBefore: Readonly<Record<string, number>>
  acceptedAfter: Readonly<Record<string, number>>
  isForbidden(recipient: string): boolean
}

export function accountForSecond(campaign: SecondCampaign): SecondAccount {
  const { endings, sent, acceptedBefore, acceptedAfter, isForbidden } = campaign
  const skipped = endings.filter(({ end, code }) => end === 'skipped' && code === 'suppressed')
  const skippedEmails = new Set(skipped.map(({ email }) => email))
  const byReason = Map.groupBy(skipped, ({ reason }) => (reason ?? '').replace(/^.*suppressed: /, ''))
  const counts = [...byReason].map(([reason, leads]) => [reason, leads.length] as const)
  const figures = {
    mailedAgain: Object.keys(acceptedAfter).filter(
      (recipient) =>
        isForbidden(recipient) && (acceptedAfter[recipient] ?? 0) > (acceptedBefore[recipient] ?? 0),
    ),
    wronglySkipped: [...skippedEmails].filter((email) => !isForbidden(email)),
    notSkipped: endings
      .map(({ email }) => email)
      .filter((email) => isForbidden(email) && !skippedEmails.has(email)),
  }
  return {
    leads: endings.length,
    sent,
    suppressed: Object.fromEntries(counts.sort(([, a], [, b]) => b - a)),
    ...figures,
    agree: Object.values(figures).every((list) => list.length === 0),
  }
}
