import { civilDate, wallTime } from '../../core/civil-time.ts'
import { domainOf } from '../../core/email-address.ts'
import { newId } from '../../core/ids.ts'
import { rampCap } from '../../core/ramp.ts'
import { seededHash } from '../../core/seeded.ts'
import type { Db, Trx } from '../../db/connect.ts'
import { readNow } from '../../db/now.ts'
import { insertWakes } from '../../sending/lane-store.ts'
import {
  type Acquaintance,
  countPlaced,
  countReceived,
  listAcquaintances,
  listSuppressed,
} from '../../warmup/acquaintance-store.ts'
import { writeMessage } from '../../warmup/content.ts'
import { firstNameOf } from '../../warmup/names.ts'
import { type Member, type Pairing, pairKey, planDay, type Sender, timesOfDay } from '../../warmup/plan.ts'
import {
  insertMailboxPlans,
  insertPlanned,
  type MailboxPlan,
  type PlannedEmail,
} from '../../warmup/plan-store.ts'
import { listPool, lockPlanning, lockPool, type PoolMailbox } from '../../warmup/pool-store.ts'
import { newToken, tokenHeader, tokenMessageId } from '../../warmup/token.ts'

export interface WarmupPlanning {
  key: Buffer
  /** Days in which a pair meets once. */
  restDays: number
}

/** Mailboxes of one transaction: 0.3 s to pair them in a pool of 2,000, and the scheduler's other loops wait meanwhile. */
const batchSize = 50
/** Nothing is due before its plan is written and read. */
const leadMinutes = 3

/**
 * Plans the day of mailboxes that have no plan for today, in their zones: conversations, ledger rows and wakes in one
 * transaction, so a day is planned once or not at all, however many schedulers there are.
 */
export function planWarmupDays(
  db: Db,
  planning: WarmupPlanning,
): Promise<{ planned: number; more: boolean }> {
  return db.transaction().execute((trx) => planNextDays(trx, planning))
}

export async function planNextDays(
  trx: Trx,
  planning: WarmupPlanning,
): Promise<{ planned: number; more: boolean }> {
  if (!(await lockPlanning(trx))) return { planned: 0, more: false }
  const now = await readNow(trx)
  await lockPool(trx, 'shared')
  const pool = await listPool(trx)
  const due = pool.filter(({ isDue }) => isDue).slice(0, batchSize)
  let planned = 0
  // Zones may be on different days: each day is planned on its own.
  for (const [date, mailboxes] of Map.groupBy(due, (mailbox) => mailbox.date))
    planned += await planDate(trx, date, mailboxes, pool, planning, now)
  return { planned, more: due.length === batchSize }
}

async function planDate(
  trx: Trx,
  date: string,
  due: readonly PoolMailbox[],
  pool: readonly PoolMailbox[],
  planning: WarmupPlanning,
  now: Date,
): Promise<number> {
  const ids = due.map(({ mailboxId }) => mailboxId)
  const placed = await countPlaced(trx, ids, date)
  const known = await listAcquaintances(trx, ids, daysBefore(date, planning.restDays + lateDays + 1))
  const senders = due.map((mailbox): Sender => {
    const volume = volumeOf(mailbox, date)
    return { ...memberOf(mailbox), wanted: Math.max(0, volume - (placed.get(mailbox.mailboxId) ?? 0)) }
  })
  const { pairings, notes } = planDay(senders, {
    pool: pool.map(memberOf),
    recent: recentPairs(due, known, date, planning.restDays),
    restDays: planning.restDays,
    received: await countReceived(trx, date),
    suppressed: await listSuppressed(
      trx,
      due.map(({ tenantId }) => tenantId),
      pool.map(({ mailboxId }) => mailboxId),
    ),
    seed: seededHash(0, date),
  })
  const receivers = new Map(pool.map((mailbox) => [mailbox.mailboxId, mailbox]))
  const pairingsOf = Map.groupBy(pairings, ({ sender }) => sender.mailboxId)
  const knownOf = Map.groupBy(known, ({ mailboxId }) => mailboxId)
  const emails = due.flatMap((mailbox) => {
    const id = mailbox.mailboxId
    return writeDay(mailbox, pairingsOf.get(id) ?? [], receivers, knownOf.get(id) ?? [], planning.key, now)
  })
  await insertPlanned(trx, emails.map(withIds))
  await insertMailboxPlans(
    trx,
    senders.map((sender) => planOf(sender, date, emails, notes)),
  )
  await insertWakes(trx, firstWakes(emails))
  return emails.length
}

/** What its day is to hold: all that the ramp and its own limit allow, or a little to stay warm; nothing on a day of rest. */
function volumeOf({ ramp, keptWarm, weekdaysOnly, dailyLimit }: PoolMailbox, date: string): number {
  if (ramp) return Math.min(dailyLimit, rampCap(ramp, date))
  const weekday = new Date(`${date}T00:00:00Z`).getUTCDay()
  return weekdaysOnly && (weekday === 0 || weekday === 6) ? 0 : Math.min(dailyLimit, keptWarm)
}

const memberOf = ({ tenantId, mailboxId, address, provider, pool, language }: PoolMailbox): Member => ({
  tenantId,
  mailboxId,
  address,
  domain: domainOf(address),
  provider,
  pool,
  language,
})

const dayMs = 86_400_000
/** A first message that has not left by then is not sent: its pair may be planned anew, its receiver no longer looks for it. */
const lateDays = 2

const daysBefore = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) - days * dayMs).toISOString().slice(0, 10)

function recentPairs(
  due: readonly PoolMailbox[],
  known: readonly Acquaintance[],
  date: string,
  restDays: number,
): Set<string> {
  const addressOf = new Map(due.map(({ mailboxId, address }) => [mailboxId, address]))
  const since = daysBefore(date, restDays)
  return new Set(
    known.flatMap(({ mailboxId, partner, lastDate }) =>
      lastDate !== null && lastDate > since ? [pairKey(addressOf.get(mailboxId) ?? '', partner)] : [],
    ),
  )
}

function writeDay(
  mailbox: PoolMailbox,
  pairings: readonly Pairing[],
  receivers: ReadonlyMap<string, PoolMailbox>,
  known: readonly Acquaintance[],
  key: Buffer,
  now: Date,
): PlannedEmail[] {
  const { mailboxId, address, date, timezone } = mailbox
  const minuteNow = civilDate(now, timezone) === date ? minuteOfDay(now, date, timezone) : 0
  const times = timesOfDay(
    pairings.length,
    seededHash(0, mailboxId),
    `${mailboxId} ${date}`,
    minuteNow + leadMinutes,
  )
  return times.flatMap((minute, n): PlannedEmail[] => {
    const receiver = receivers.get(pairings[n]?.receiver.mailboxId ?? '')
    if (!receiver) return []
    const met = known.find(({ partner }) => partner === receiver.address)
    const names = { from: firstNameOf(mailbox), to: firstNameOf(receiver) }
    const pair = pairKey(address, receiver.address)
    const token = newToken(key, mailbox.pool)
    const dueMs =
      wallTime(date, Math.floor(minute), timezone).getTime() + Math.round((minute % 1) * 60) * 1000
    return [
      {
        token,
        threadToken: token,
        depth: 1,
        planDate: date,
        dueAt: new Date(dueMs),
        messageId: tokenMessageId(token, address),
        content: {
          ...writeMessage(mailbox.language, pair, met?.conversations ?? 0, 1, names),
          headers: { [tokenHeader]: token },
          notAfter: new Date(dueMs + lateDays * dayMs).toISOString(),
        },
        sender: mailbox,
        receiver,
      },
    ]
  })
}

const minuteOfDay = (now: Date, date: string, timezone: string): number =>
  (now.getTime() - wallTime(date, 0, timezone).getTime()) / 60_000

const withIds = (email: PlannedEmail) => ({
  ...email,
  emailId: newId(),
  senderExchangeId: newId(),
  receiverExchangeId: newId(),
})

function planOf(
  { tenantId, mailboxId, wanted }: Sender,
  date: string,
  emails: readonly PlannedEmail[],
  notes: ReadonlyMap<string, string>,
): MailboxPlan {
  const planned = emails.filter(({ sender }) => sender.mailboxId === mailboxId).length
  const note = notes.get(mailboxId) ?? null
  const short = planned < wanted ? `${planned} of ${wanted}: the rest of the working day is too short` : null
  return { tenantId, mailboxId, date, wanted, planned, note: note ?? short }
}

function firstWakes(emails: readonly PlannedEmail[]) {
  const bySender = Map.groupBy(emails, ({ sender }) => sender.mailboxId)
  return [...bySender.values()].flatMap((mine) => {
    const first = mine.toSorted((a, b) => a.dueAt.getTime() - b.dueAt.getTime())[0]
    return first
      ? [
          {
            tenantId: first.sender.tenantId,
            mailboxId: first.sender.mailboxId,
            lane: 'low' as const,
            at: first.dueAt,
          },
        ]
      : []
  })
}
