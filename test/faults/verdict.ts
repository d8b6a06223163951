import type { Accepted } from './receiver-process.ts'

/** A row of the ledger at the end. */
export interface LedgerRow {
  id: string
  messageId: string | null
  mailboxId: string
  campaignId: string | null
  isFollowUp: boolean
  /** Campaign, lead and step in one, or null. */
  step: string | null
  status: string
  /** Has ended, or waits for something that `rookery why` can name. */
  explained: boolean
  /** Why an `unknown` email is looked for no more. */
  parkedCode: string | null
  /** Was `unknown` at some time. */
  wasUnknown: boolean
}

/** At most so many of what a limit covers in its period, as the receiving side sees it. */
export interface Cap {
  /** Whose: part of a sentence. */
  of: string
  limit: number
  /** A civil day (UTC), or any so many milliseconds. */
  period: 'day' | number
  covers: (mail: Accepted, row: LedgerRow | undefined) => boolean
}

export interface Verdict {
  emails: number
  accepted: number
  byStatus: Record<string, number>
  duplicates: string[]
  lost: string[]
  overCap: string[]
  /** Caps that were reached. */
  atCap: number
  unknown: {
    ever: number
    resolved: number
    /** Still unknown though the receiver has it: its Sent could have told. */
    missed: number
    /** Still unknown, and never accepted: left to an operator, by why it is looked for no more. */
    left: Record<string, number>
  }
}

export const dayMs = 86_400_000

/** Holds what the receiving side has counted against the ledger. */
export function judge(
  rows: readonly LedgerRow[],
  accepted: readonly Accepted[],
  caps: readonly Cap[],
): Verdict {
  const rowOf = new Map(rows.map((row) => [row.messageId, row]))
  const byMessageId = Map.groupBy(accepted, ({ messageId }) => messageId)
  const unknown = rows.filter(({ status }) => status === 'unknown')
  const ever = rows.filter(({ wasUnknown, status }) => wasUnknown || status === 'unknown').length
  const isMissed = ({ messageId }: LedgerRow) => byMessageId.has(messageId ?? '')
  const left = unknown.filter((row) => !isMissed(row))
  const counted = caps.map((cap) => ({
    cap,
    most: mostAtOnce(
      accepted.filter((mail) => cap.covers(mail, rowOf.get(mail.messageId))),
      cap.period,
    ),
  }))
  return {
    emails: rows.length,
    accepted: accepted.length,
    byStatus: countBy(rows, ({ status }) => status),
    duplicates: findDuplicates(byMessageId, accepted, rowOf),
    lost: findLost(rows, byMessageId, rowOf),
    overCap: counted.flatMap(({ cap, most }) =>
      most > cap.limit ? [`${cap.of}: ${most}, of ${cap.limit}`] : [],
    ),
    atCap: counted.filter(({ cap, most }) => most >= cap.limit).length,
    unknown: {
      ever,
      resolved: ever - unknown.length,
      missed: unknown.length - left.length,
      left: countBy(left, ({ parkedCode }) => parkedCode ?? 'still looked for'),
    },
  }
}

export function countBy<T>(items: readonly T[], nameOf: (item: T) => string): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(items, nameOf)].map(([name, all]) => [name, all.length]))
}

function findDuplicates(
  byMessageId: ReadonlyMap<string, readonly Accepted[]>,
  accepted: readonly Accepted[],
  rowOf: ReadonlyMap<string | null, LedgerRow>,
): string[] {
  const byStep = Map.groupBy(
    accepted.filter(({ messageId }) => rowOf.get(messageId)?.step),
    ({ messageId }) => rowOf.get(messageId)?.step ?? '',
  )
  const byRef = Map.groupBy(accepted, ({ ref }) => ref)
  return [...byMessageId, ...byStep, ...byRef].flatMap(([key, all]) =>
    all.length > 1 ? [`${key} was accepted ${all.length} times`] : [],
  )
}

function findLost(
  rows: readonly LedgerRow[],
  byMessageId: ReadonlyMap<string, unknown>,
  rowOf: ReadonlyMap<string | null, LedgerRow>,
): string[] {
  const strangers = [...byMessageId.keys()].filter((messageId) => !rowOf.has(messageId))
  return [
    ...rows.flatMap(({ id, messageId, status }) =>
      status === 'sent' && !byMessageId.has(messageId ?? '') ? [`${id} is sent, but was never accepted`] : [],
    ),
    ...rows.flatMap(({ id, messageId, status }) =>
      (status === 'failed' || status === 'skipped' || status === 'scheduled') &&
      byMessageId.has(messageId ?? '')
        ? [`${id} is ${status}, but was accepted`]
        : [],
    ),
    ...strangers.map((messageId) => `${messageId} was accepted, but is not in the ledger`),
    ...rows.flatMap(({ id, status, explained }) =>
      explained ? [] : [`${id} is ${status}, and nothing says why`],
    ),
  ]
}

/** The most in one day, or in any time of that length. */
function mostAtOnce(mails: readonly Accepted[], period: Cap['period']): number {
  const times = mails.map(({ atMs }) => atMs).sort((a, b) => a - b)
  if (period === 'day') {
    const days = Map.groupBy(times, (atMs) => Math.floor(atMs / dayMs))
    return Math.max(0, ...[...days.values()].map((all) => all.length))
  }
  let first = 0
  let most = 0
  for (const [last, atMs] of times.entries()) {
    while ((times[first] ?? atMs) <= atMs - period) first += 1
    most = Math.max(most, last - first + 1)
  }
  return most
}
