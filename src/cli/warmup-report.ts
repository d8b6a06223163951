import type { WarmupStanding } from '../warmup/account-store.ts'
import {
  type ProviderPlacement,
  placementByProvider,
  type ReportDay,
  type ReportTotals,
  totalsOf,
} from '../warmup/report.ts'
import type { StoredDay } from '../warmup/report-store.ts'
import { printable } from './printable.ts'
import { renderTable } from './table.ts'
import { standingOutput } from './warmup-standing.ts'

export interface MailboxReport {
  mailbox: string
  status: WarmupStanding['status']
  health: WarmupStanding['health']
  note: string | null
  /** Null while no day of it was counted. */
  reputation: number | null
  totals: ReportTotals
  placement: ProviderPlacement[]
  days: ReportDay[]
}

export interface WarmupReport {
  /** When the days were counted last. */
  countedAt: Date | null
  placement: ProviderPlacement[]
  mailboxes: MailboxReport[]
}

export function reportWarmup(
  standings: readonly WarmupStanding[],
  stored: readonly StoredDay[],
): WarmupReport {
  const daysOf = Map.groupBy(stored, ({ mailboxId }) => mailboxId)
  const countedMs = Math.max(...stored.map(({ countedAt }) => countedAt.getTime()))
  return {
    countedAt: stored.length > 0 ? new Date(countedMs) : null,
    placement: placementByProvider(stored),
    mailboxes: standings.map((standing) => reportMailbox(standing, daysOf.get(standing.mailboxId) ?? [])),
  }
}

function reportMailbox(standing: WarmupStanding, stored: readonly StoredDay[]): MailboxReport {
  const { mailbox, status, health, note } = standingOutput(standing)
  return {
    mailbox,
    status,
    health,
    note,
    reputation: stored.at(-1)?.reputation ?? null,
    totals: totalsOf(stored),
    placement: placementByProvider(stored),
    days: stored.map(({ mailboxId: _, countedAt: __, ...day }) => day),
  }
}

/** One mailbox: its ramp drawn against what it sent, day by day. */
export function describeMailbox(report: MailboxReport, countedAt: Date | null): string {
  const { mailbox, status, health, note, totals } = report
  const because = note ? `. ${note}` : ''
  const head = printable(`${mailbox}: ${status}, ${health}${because}`)
  if (report.days.length === 0) return `${head}\n\n${nothingCounted}`
  const parts = [head, describeDays(report.days), barLegend]
  if (report.placement.length > 0) parts.push(describePlacement(report.placement))
  const { repliesReceived, repliesSent, rescued, bounces, complaints } = totals
  parts.push(
    `Reputation ${report.reputation} of 100. ${repliesReceived} of its emails were answered, it answered ${repliesSent}; ` +
      `it rescued ${rescued} from its own Junk; ${bounces} bounced, ${complaints} led to a complaint.`,
    countedWords(countedAt),
  )
  return parts.join('\n\n')
}

/** All mailboxes of a tenant, a line each. */
export function describeTenant({ mailboxes, placement, countedAt }: WarmupReport): string {
  const table = renderTable(mailboxes, {
    mailbox: (row) => row.mailbox,
    warmup: (row) => row.status,
    health: (row) => row.health,
    reputation: (row) => row.reputation,
    warmed: (row) => row.totals.warmupSent,
    campaigns: (row) => row.totals.campaignSent,
    inbox: (row) => row.totals.inbox,
    Junk: (row) => row.totals.junk,
    'in Junk': (row) => percent(row.totals.junkShare),
    answered: (row) => row.totals.repliesReceived,
    rescued: (row) => row.totals.rescued,
  })
  if (countedAt === null) return `${table}\n\n${nothingCounted}`
  const parts = placement.length > 0 ? [table, describePlacement(placement)] : [table]
  return [...parts, countedWords(countedAt)].join('\n\n')
}

const nothingCounted = 'No day was counted yet: a scheduler does so while it works.'

const countedWords = (at: Date | null): string =>
  `Counted at ${at?.toISOString().slice(0, 16).replace('T', ' ')}Z.`

const barWidth = 32
const barLegend =
  '█ warmup  ▒ campaigns  ░ left of what its ramp and limits allow, … if that is far more  ! beyond it'

function describeDays(days: readonly ReportDay[]): string {
  const most = longestBar(days)
  return renderTable(days, {
    day: (row) => `${row.date} ${weekday(row.date)}`,
    'may send': (row) => row.cap,
    warmed: (row) => row.warmupSent,
    campaigns: (row) => row.campaignSent,
    'in Junk': (row) => percent(totalsOf([row]).junkShare),
    '': (row) => drawDay(row, most),
  })
}

/** A mailbox that is ready may send far more than it does: its days must not dwarf those of the ramp. */
function longestBar(days: readonly ReportDay[]): number {
  const sent = Math.max(...days.map(({ warmupSent, campaignSent }) => warmupSent + campaignSent))
  const cap = Math.max(...days.map((day) => day.cap))
  return sent === 0 ? cap : Math.max(sent, Math.min(cap, 4 * sent))
}

/** A day's sending within what it was allowed; a bar of `most` is as long as `width`, and what is longer ends in …. */
export function drawDay(
  { cap, warmupSent, campaignSent }: Pick<ReportDay, 'cap' | 'warmupSent' | 'campaignSent'>,
  most: number,
  width = barWidth,
): string {
  const upTo = (count: number) => (most === 0 ? 0 : Math.round((Math.min(count, most) / most) * width))
  const sent = warmupSent + campaignSent
  const inside = upTo(Math.min(sent, cap))
  const warmed = Math.min(upTo(warmupSent), inside)
  const within = '█'.repeat(warmed) + '▒'.repeat(inside - warmed)
  if (sent > cap) return within + '!'.repeat(Math.max(1, upTo(sent) - inside))
  const left = '░'.repeat(upTo(cap) - inside)
  return within + (cap > most && left !== '' ? `${left.slice(1)}…` : left)
}

function describePlacement(placement: readonly ProviderPlacement[]): string {
  return renderTable(placement, {
    'receivers at': (row) => row.provider,
    inbox: (row) => row.inbox,
    Junk: (row) => row.junk,
    'in Junk': (row) => percent(row.junkShare),
  })
}

const percent = (share: number | null): string | null =>
  share === null ? null : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`

const weekday = (date: string): string =>
  ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][new Date(`${date}T00:00:00Z`).getUTCDay()] ?? ''
