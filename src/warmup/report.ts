/** One mailbox's day, as it was counted last. */
export interface ReportDay {
  date: string
  /** What its limits allowed on that day, campaigns and warmup together. */
  cap: number
  warmupSent: number
  campaignSent: number
  /** Of the warmup emails sent on that day, where their receivers found them. */
  inbox: number
  junk: number
  /** What this mailbox took out of its own Junk. */
  rescued: number
  repliesReceived: number
  repliesSent: number
  bounces: number
  complaints: number
  reputation: number
  placement: Readonly<Record<string, { inbox: number; junk: number }>>
}

export interface Placement {
  inbox: number
  junk: number
  /** Of those that were found; null while there are none. */
  junkShare: number | null
}

export interface ProviderPlacement extends Placement {
  /** Of the mailboxes written to. */
  provider: string
}

const summed = [
  'warmupSent',
  'campaignSent',
  'inbox',
  'junk',
  'rescued',
  'repliesReceived',
  'repliesSent',
  'bounces',
  'complaints',
] as const

export type ReportTotals = Record<(typeof summed)[number], number> & Placement

export function totalsOf(days: readonly ReportDay[]): ReportTotals {
  const sums = summed.map((name) => [name, days.reduce((sum, day) => sum + day[name], 0)] as const)
  const totals = Object.fromEntries(sums) as Record<(typeof summed)[number], number>
  return { ...totals, junkShare: junkShareOf(totals) }
}

/** Where the warmup emails of these days were found, by their receivers' provider; those with most first. */
export function placementByProvider(days: readonly ReportDay[]): ProviderPlacement[] {
  const counts = new Map<string, { inbox: number; junk: number }>()
  for (const [provider, { inbox, junk }] of days.flatMap(({ placement }) => Object.entries(placement))) {
    const before = counts.get(provider) ?? { inbox: 0, junk: 0 }
    counts.set(provider, { inbox: before.inbox + inbox, junk: before.junk + junk })
  }
  return [...counts]
    .map(([provider, count]) => ({ provider, ...count, junkShare: junkShareOf(count) }))
    .sort((a, b) => b.inbox + b.junk - a.inbox - a.junk || (a.provider < b.provider ? -1 : 1))
}

const junkShareOf = ({ inbox, junk }: { inbox: number; junk: number }): number | null =>
  inbox + junk === 0 ? null : junk / (inbox + junk)
