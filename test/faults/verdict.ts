import type { Accepted } from './receiver-process.ts'

/** A row of the ledger at the end. */
export interface LedgerRow {
  id: string
  messageId: string | null
  mailboxId: string
  /** Campaign, lead and step in one, or null. */
  step: string | null
  status: string
  /** Has ended, or waits for something that the row or its lane names. */
  explained: boolean
  /** Why an `unknown` email is looked for no more. */
  parkedCode: string | null
  /** Was `unknown` at some time. */
  wasUnknown: boolean
}

export interface MailboxCap {
  id: string
  address: string
  daily: number
  rolling: number
}

export interface Verdict {
  emails: number
  accepted: number
  byStatus: Record<string, number>
  duplicates: string[]
  lost: string[]
  overCap: string[]
  /** Mailboxes that have sent all that their cap of a day or of 24 hours allows. */
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

const dayMs = 86_400_000

/** Holds what the receiving side has counted against the ledger. */
export function judge(
  rows: readonly LedgerRow[],
  accepted: readonly Accepted[],
  caps: readonly MailboxCap[],
): Verdict {
  const rowOf = new Map(rows.map((row) => [row.messageId, row]))
  const byMessageId = Map.groupBy(accepted, ({ messageId }) => messageId)
  const unknown = rows.filter(({ status }) => status === 'unknown')
  const ever = rows.filter(({ wasUnknown, status }) => wasUnknown || status === 'unknown').length
  const isMissed = ({ messageId }: LedgerRow) => byMessageId.has(messageId ?? '')
  const left = unknown.filter((row) => !isMissed(row))
  return {
    emails: rows.length,
    accepted: accepted.length,
    byStatus: countBy(rows, ({ status }) => status),
    duplicates: findDuplicates(byMessageId, accepted, rowOf),
    lost: findLost(rows, byMessageId, rowOf),
    overCap: caps.flatMap((cap) => findExcess(cap, accepted)),
    atCap: caps.filter(
      ({ address, daily, rolling }) =>
        accepted.filter(({ sender }) => sender === address).length >= Math.min(daily, rolling),
    ).length,
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

function findExcess({ address, daily, rolling }: MailboxCap, accepted: readonly Accepted[]): string[] {
  const times = accepted
    .flatMap(({ sender, atMs }) => (sender === address ? [atMs] : []))
    .sort((a, b) => a - b)
  const days = Map.groupBy(times, (atMs) => Math.floor(atMs / dayMs))
  const overDay = [...days].flatMap(([, all]) =>
    all.length > daily ? [`${address} sent ${all.length} on a day, of ${daily}`] : [],
  )
  const over24 = times.some((atMs, n) => (times[n + rolling] ?? Number.POSITIVE_INFINITY) < atMs + dayMs)
  return over24 ? [...overDay, `${address} sent more than ${rolling} in 24 hours`] : overDay
}
