import type { Db } from '../../db/connect.ts'
import { capOfDay } from '../../sending/budgets.ts'
import type { Logger } from '../../telemetry/log.ts'
import { reputationScore } from '../../warmup/health.ts'
import { countFound, listCausesOfQuarantine, listRefusals } from '../../warmup/health-store.ts'
import {
  type CountedMailbox,
  countDays,
  type DayCounts,
  type DayStats,
  listCounted,
  setDays,
} from '../../warmup/stats-store.ts'
import { judge } from './judge.ts'

interface Ports {
  db: Db
  log: Logger
}

const batchSize = 200
const dayMs = 86_400_000
/** What was found in Junk days after it was sent still counts for its day. */
const recountedDays = 8
const weekDays = 7

/** Counts the last days of warmup anew, judges the health of each mailbox, and lets it in or out. Returns how many changed. */
export async function countWarmup(ports: Ports): Promise<number> {
  const mailboxes = await listCounted(ports.db)
  const refusals = await listRefusals(ports.db)
  let changed = 0
  for (let at = 0; at < mailboxes.length; at += batchSize) {
    const batch = mailboxes.slice(at, at + batchSize)
    await countBatch(ports.db, batch)
    changed += await judgeBatch(ports, batch, refusals)
  }
  return changed
}

async function countBatch(db: Db, mailboxes: readonly CountedMailbox[]): Promise<void> {
  const ids = mailboxes.map(({ mailboxId }) => mailboxId)
  const first = mailboxes.map(({ date }) => date).sort()[0] ?? ''
  const counts = Map.groupBy(
    await countDays(db, ids, daysBefore(first, recountedDays + weekDays)),
    ({ mailboxId }) => mailboxId,
  )
  const days = mailboxes.flatMap((mailbox) => statsOf(mailbox, counts.get(mailbox.mailboxId) ?? []))
  await db.transaction().execute((trx) => setDays(trx, days))
}

async function judgeBatch(
  ports: Ports,
  mailboxes: readonly CountedMailbox[],
  refusals: ReadonlyMap<string, string>,
): Promise<number> {
  const quarantined = mailboxes.filter(({ health }) => health === 'quarantined')
  const causes = await listCausesOfQuarantine(
    ports.db,
    quarantined.map(({ mailboxId }) => mailboxId),
  )
  const found = await countFound(
    ports.db,
    mailboxes.map(({ mailboxId }) => mailboxId),
  )
  let changed = 0
  for (const mailbox of mailboxes) {
    const { mailboxId, health } = mailbox
    const refused = (health === 'quarantined' ? causes : refusals).get(mailboxId) ?? null
    const facts = { ...(found.get(mailboxId) ?? { inbox: 0, junk: 0 }), refused }
    if (await judge(ports, mailbox, facts)) changed += 1
  }
  return changed
}

function statsOf(mailbox: CountedMailbox, counts: readonly DayCounts[]): DayStats[] {
  const { tenantId, mailboxId, date: today, ceiling } = mailbox
  const dates = Array.from({ length: recountedDays }, (_, before) => daysBefore(today, before))
  return dates.flatMap((date): DayStats[] => {
    const day = counts.find((one) => one.date === date)
    if (!day && date !== today) return []
    const reputation = reputationScore({ ...sumOfWeek(counts, date), ceiling })
    const { cap } = capOfDay(mailbox, date)
    return [{ ...(day ?? { ...nothing, mailboxId, date }), tenantId, cap, reputation }]
  })
}

const nothing = {
  sent: 0,
  campaignSent: 0,
  inbox: 0,
  junk: 0,
  rescued: 0,
  opens: 0,
  repliesReceived: 0,
  repliesSent: 0,
  bounces: 0,
  complaints: 0,
  placement: {},
}

function sumOfWeek(counts: readonly DayCounts[], date: string) {
  const since = daysBefore(date, weekDays)
  const week = counts.filter((one) => one.date > since && one.date <= date)
  const sum = (read: (day: DayCounts) => number) => week.reduce((total, day) => total + read(day), 0)
  return {
    inbox: sum(({ inbox }) => inbox),
    junk: sum(({ junk }) => junk),
    replies: sum(({ repliesReceived }) => repliesReceived),
    sent: sum(({ sent }) => sent),
    bounces: sum(({ bounces }) => bounces),
    complaints: sum(({ complaints }) => complaints),
  }
}

const daysBefore = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) - days * dayMs).toISOString().slice(0, 10)
