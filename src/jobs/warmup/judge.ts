import { isRampedUp, rampLevel } from '../../core/ramp.ts'
import type { Db, Trx } from '../../db/connect.ts'
import { raiseNotification, setNotificationResolved } from '../../guardrails/notification-store.ts'
import { insertWakes } from '../../sending/lane-store.ts'
import { skipEmails } from '../../sending/skip-store.ts'
import type { Logger } from '../../telemetry/log.ts'
import { decideHealth, type HealthDecision, type HealthFacts } from '../../warmup/health.ts'
import { lockStanding, lockWaitingAround, setHealth, setWarmupStatus } from '../../warmup/health-store.ts'
import { lockPool } from '../../warmup/pool-store.ts'
import type { CountedMailbox } from '../../warmup/stats-store.ts'

interface Ports {
  db: Db
  log: Logger
}

/** Of the notification that a mailbox has left its pool. */
export const quarantineKey = (mailboxId: string): string => `warmup/${mailboxId}`

/** Lets a mailbox in or out by its health, or lets it be. False when nothing changed, or somebody was quicker. */
export async function judge(
  { db, log }: Ports,
  mailbox: CountedMailbox,
  facts: HealthFacts,
): Promise<boolean> {
  const { mailboxId, health, healthSince, healthBefore, now } = mailbox
  const decided = decideHealth({ health, since: healthSince, before: healthBefore }, facts, now)
  const status = statusAfter(mailbox, decided?.health ?? health)
  if (!decided && status === mailbox.status) return false
  const changed = await db.transaction().execute((trx) => change(trx, mailbox, decided, status))
  if (changed) log.info({ mailboxId, from: health, ...decided, status }, 'warmup.judged')
  return changed
}

async function change(
  trx: Trx,
  mailbox: CountedMailbox,
  decided: HealthDecision | undefined,
  status: CountedMailbox['status'],
): Promise<boolean> {
  if (decided?.health === 'quarantined') await lockPool(trx, 'exclusive')
  if (!(await lockStanding(trx, mailbox))) return false
  if (status !== mailbox.status) await setWarmupStatus(trx, mailbox, status)
  if (decided) {
    await setHealth(trx, mailbox, decided)
    await tell(trx, mailbox, decided)
    if (decided.health === 'quarantined') await skipAround(trx, mailbox)
  }
  const { tenantId, mailboxId } = mailbox
  const lanes = ['high', 'normal', 'low'] as const
  await insertWakes(
    trx,
    lanes.map((lane) => ({ tenantId, mailboxId, lane, inMs: 0 })),
  )
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

async function skipAround(trx: Trx, mailbox: CountedMailbox): Promise<void> {
  const why = { code: 'warmup_quarantined', reason: `${mailbox.address} has left the warmup pool` }
  const { tenantId, mailboxId } = mailbox
  const waiting = await lockWaitingAround(trx, { tenantId, mailboxIds: [mailboxId] })
  await skipEmails(
    trx,
    waiting.map((email) => ({ ...email, ...why })),
  )
}

async function tell(
  trx: Trx,
  { tenantId, mailboxId, address }: CountedMailbox,
  { health, reason }: HealthDecision,
): Promise<void> {
  const key = quarantineKey(mailboxId)
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
