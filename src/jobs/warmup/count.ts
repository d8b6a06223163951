import { isRampedUp, rampCap, rampLevel } from '../../core/ramp.ts'
import type { Db } from '../../db/connect.ts'
import { raiseNotification, setNotificationResolved } from '../../guardrails/notification-store.ts'
import { insertWakes } from '../../sending/lane-store.ts'
import type { Logger } from '../../telemetry/log.ts'
import { decideHealth, type HealthDecision, reputationScore } from '../../warmup/health.ts'
import {
  type CountedMailbox,
  countDays,
  type DayCounts,
  type DayStats,
  listCounted,
  listRefusals,
  setDays,
  setHealth,
  setWarmupStatus,
} from '../../warmup/stats-store.ts'

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
  let changed = 0
  for (let at = 0; at < mailboxes.length; at += batchSize)
    changed += await countBatch(ports, mailboxes.slice(at, at + batchSize))
  return changed
}

async function countBatch({ db, log }: Ports, mailboxes: readonly CountedMailbox[]): Promise<number> {
  const ids = mailboxes.map(({ mailboxId }) => mailboxId)
  const first = mailboxes.map(({ date }) => date).sort()[0] ?? ''
  const counts = Map.groupBy(
    await countDays(db, ids, daysBefore(first, recountedDays + weekDays)),
    ({ mailboxId }) => mailboxId,
  )
  const days = mailboxes.flatMap((mailbox) => statsOf(mailbox, counts.get(mailbox.mailboxId) ?? []))
  await db.transaction().execute((trx) => setDays(trx, days))

  const now = mailboxes[0]?.now ?? new Date()
  const refusals = await listRefusals(db, ids, new Date(now.getTime() - weekDays * dayMs))
  let changed = 0
  for (const mailbox of mailboxes) {
    const refused = refusals.get(mailbox.mailboxId) ?? null
    if (await judge({ db, log }, mailbox, counts.get(mailbox.mailboxId) ?? [], refused)) changed += 1
  }
  return changed
}

function statsOf(mailbox: CountedMailbox, counts: readonly DayCounts[]): DayStats[] {
  const { tenantId, mailboxId, date: today, ramp, ceiling } = mailbox
  const dates = Array.from({ length: recountedDays }, (_, before) => daysBefore(today, before))
  return dates.flatMap((date): DayStats[] => {
    const day = counts.find((one) => one.date === date)
    const isToday = date === today
    if (!day && !isToday) return []
    const reputation = reputationScore({ ...sumOfWeek(counts, date), ceiling })
    const rampOfDay = ramp ? rampCap(ramp, date) : 0
    return [
      { ...(day ?? { ...nothing, mailboxId, date }), tenantId, isToday, rampCap: rampOfDay, reputation },
    ]
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

async function judge(
  { db, log }: Ports,
  mailbox: CountedMailbox,
  counts: readonly DayCounts[],
  refused: string | null,
): Promise<boolean> {
  const { health, healthSince, healthReason, date, now } = mailbox
  const { inbox, junk } = sumOfWeek(counts, date)
  const standing = { health, since: healthSince, reason: healthReason }
  const decided = decideHealth(standing, { inbox, junk, refused }, now)
  const status = statusAfter(mailbox, decided?.health ?? health)
  if (!decided && status === mailbox.status) return false
  await db.transaction().execute(async (trx) => {
    if (decided) {
      await setHealth(trx, mailbox, decided.health, decided.reason)
      await tell(trx, mailbox, decided)
    }
    if (status !== mailbox.status) await setWarmupStatus(trx, mailbox, status)
    const lanes = ['high', 'normal', 'low'] as const
    await insertWakes(
      trx,
      lanes.map((lane) => ({ tenantId: mailbox.tenantId, mailboxId: mailbox.mailboxId, lane, inMs: 0 })),
    )
  })
  log.info({ mailboxId: mailbox.mailboxId, from: health, ...decided, status }, 'warmup.judged')
  return true
}

/** Ready once its ramp is at the ceiling in good health; back to warming when the health fails. */
function statusAfter(mailbox: CountedMailbox, health: CountedMailbox['health']): CountedMailbox['status'] {
  const { status, ramp, date } = mailbox
  if (status === 'paused' || status === 'none') return status
  if (health === 'quarantined') return 'quarantined'
  if (status === 'quarantined') return 'warming'
  if (status === 'ready') return health === 'throttled' ? 'warming' : 'ready'
  const isGrown = ramp !== null && rampLevel(ramp, date) > 0 && isRampedUp(ramp, date)
  return isGrown && health === 'healthy' ? 'ready' : 'warming'
}

type Trx = Parameters<typeof raiseNotification>[0]

async function tell(
  trx: Trx,
  { tenantId, mailboxId, address }: CountedMailbox,
  { health, reason }: HealthDecision,
): Promise<void> {
  const key = `warmup ${mailboxId}`
  if (health !== 'quarantined') {
    await setNotificationResolved(trx, key, 'warmup')
    return
  }
  await raiseNotification(trx, {
    key,
    tenantId,
    category: 'warmup',
    severity: 'warning',
    title: `${address} has left the warmup pool`,
    message: `${reason ?? 'its health'}; rookery warmup resume ${address} lets it in again`,
    entityType: 'mailbox',
    entityId: mailboxId,
    details: {},
  })
}

const daysBefore = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) - days * dayMs).toISOString().slice(0, 10)
