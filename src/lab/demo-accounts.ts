import type { ProviderAccount } from './smtp-provider-process.ts'

/** An email of the ledger that was claimed at least once. */
export interface LedgerEntry {
  messageId: string
  status: string
}

/** The ledger held against what the provider says it accepted, Message-ID by Message-ID. */
export interface AccountComparison {
  /** Messages that the provider accepted. */
  accepted: number
  /** `sent` in the ledger. */
  sent: number
  /** `unknown` in the ledger, and accepted: lost was only the answer. */
  unknownArrived: number
  /** `unknown` in the ledger, and not accepted. */
  unknownLost: number
  /** Message-IDs and references accepted more than once. */
  twice: string[]
  /** Sent by the ledger's account, unknown to the provider. */
  missing: string[]
  /** Accepted by the provider, and neither sent nor unknown in the ledger. */
  unexpected: string[]
  /** Accepted for somebody who was suppressed. */
  suppressed: string[]
  agree: boolean
}

export function compareAccounts(
  ledger: readonly LedgerEntry[],
  provider: Required<ProviderAccount>,
  isSuppressed: (recipient: string) => boolean,
): AccountComparison {
  const accepted = new Set(Object.keys(provider.list.messageIds))
  const idsOf = (status: string) =>
    ledger.filter((entry) => entry.status === status).map(({ messageId }) => messageId)
  const sent = idsOf('sent')
  const unknown = idsOf('unknown')
  const accountedFor = new Set([...sent, ...unknown])
  const unknownArrived = unknown.filter((id) => accepted.has(id)).length
  const figures = {
    accepted: provider.accepted,
    sent: sent.length,
    unknownArrived,
    unknownLost: unknown.length - unknownArrived,
    twice: Object.keys(provider.duplicates),
    missing: sent.filter((id) => !accepted.has(id)),
    unexpected: [...accepted].filter((id) => !accountedFor.has(id)),
    suppressed: Object.keys(provider.list.recipients).filter(isSuppressed),
  }
  const faults = [figures.twice, figures.missing, figures.unexpected, figures.suppressed]
  const addsUp = figures.accepted === figures.sent + figures.unknownArrived
  return { ...figures, agree: addsUp && faults.every((list) => list.length === 0) }
}
