import { AppError } from '../../core/errors.ts'
import { seededHash } from '../../core/seeded.ts'
import type { Db } from '../../db/connect.ts'
import { setNotificationResolved } from '../../guardrails/notification-store.ts'
import { insertWakes } from '../../sending/lane-store.ts'
import { skipEmails } from '../../sending/skip-store.ts'
import { insertAudit } from '../../tenants/audit-store.ts'
import {
  deleteTodaysPlan,
  findWarmupPool,
  insertWarmupAccount,
  listWarmupMailboxes,
  lockWaitingWarmup,
  setWarmupEnded,
  setWarmupPaused,
  setWarmupPool,
  setWarmupResumed,
} from '../../warmup/account-store.ts'
import type { Enrolment } from '../../warmup/enrolment.ts'
import { lockWaitingAround } from '../../warmup/health-store.ts'
import { lockPool } from '../../warmup/pool-store.ts'
import { quarantineKey } from './judge.ts'

/** Who asks, for the audit log. */
export interface WarmupChange {
  tenantId: string
  mailboxId: string
  actor: string
}

/** Begins the warmup of a mailbox today. Throws `conflict` when it takes part already. */
export async function enrolInWarmup(db: Db, change: WarmupChange, enrolment: Enrolment): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const seed = seededHash(0, change.mailboxId) >>> 1
    if (!(await insertWarmupAccount(trx, change, enrolment, seed)))
      throw new AppError('conflict', 'The mailbox takes part in warmup already. See: rookery warmup status')
    await deleteTodaysPlan(trx, change)
    await note(trx, change, 'warmup.enrolled', enrolment)
  })
}

/** Pauses it and skips what waits to go: returns how many. What is on the wire ends as it will. */
export async function pauseWarmup(db: Db, change: WarmupChange, reason: string): Promise<number> {
  return db.transaction().execute(async (trx) => {
    if (!(await setWarmupPaused(trx, change, reason)))
      throw new AppError('conflict', 'The mailbox is not being warmed up. See: rookery warmup status')
    await note(trx, change, 'warmup.paused', { reason })
    return skipWaiting(trx, change, {
      code: 'warmup_paused',
      reason: `the warmup of the mailbox was paused: ${reason}`,
    })
  })
}

/** Lets it go on where its ramp stood, today if the day is not over; also the way out of quarantine by hand. */
export async function resumeWarmup(db: Db, change: WarmupChange): Promise<void> {
  await db.transaction().execute(async (trx) => {
    if (!(await setWarmupResumed(trx, change)))
      throw new AppError('conflict', 'The warmup of the mailbox is neither paused nor quarantined.')
    await deleteTodaysPlan(trx, change)
    await note(trx, change, 'warmup.resumed', {})
    await setNotificationResolved(trx, quarantineKey(change.mailboxId), change.actor)
    await wakeAll(trx, change)
  })
}

/** Ends its part for good: its own limits hold alone from now on. Returns how many emails were skipped. */
export async function endWarmup(db: Db, change: WarmupChange): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await lockPool(trx, 'exclusive')
    if (!(await setWarmupEnded(trx, change)))
      throw new AppError('conflict', 'The mailbox takes no part in warmup. See: rookery warmup status')
    await note(trx, change, 'warmup.ended', {})
    await setNotificationResolved(trx, quarantineKey(change.mailboxId), change.actor)
    const around = { tenantId: change.tenantId, mailboxIds: [change.mailboxId] }
    const why = { code: 'warmup_ended', reason: 'the warmup of the mailbox was ended' }
    const skipped = await skipAround(trx, around, why)
    await wakeAll(trx, change)
    return skipped
  })
}

/** A mailbox that is removed ends its part: what waits to leave it, or to go to it, is skipped. */
export async function leaveWarmup(
  trx: Trx,
  { tenantId, mailboxId }: Pick<WarmupChange, 'tenantId' | 'mailboxId'>,
): Promise<void> {
  await lockPool(trx, 'exclusive')
  if (!(await setWarmupEnded(trx, { tenantId, mailboxId }))) return
  await skipAround(
    trx,
    { tenantId, mailboxIds: [mailboxId] },
    { code: 'warmup_ended', reason: 'the mailbox is being removed' },
  )
}

/** Changes with whom a tenant's mailboxes warm up; what was planned in the pool they leave is skipped. Returns how many. */
export async function choosePool(
  db: Db,
  tenantId: string,
  pool: 'none' | 'closed' | 'shared',
  actor: string,
): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await lockPool(trx, 'exclusive')
    const before = await findWarmupPool(trx, tenantId)
    await setWarmupPool(trx, tenantId, pool)
    const entity = { tenantId, entityType: 'tenant', entityId: tenantId }
    await insertAudit(trx, { ...entity, actor, action: 'warmup.pool', details: { from: before, to: pool } })
    if (before === pool) return 0
    const mailboxIds = await listWarmupMailboxes(trx, tenantId)
    const why = { code: 'warmup_pool_left', reason: 'the tenant has left its warmup pool' }
    return skipAround(trx, { tenantId, mailboxIds }, why)
  })
}

async function skipAround(
  trx: Trx,
  around: { tenantId: string; mailboxIds: readonly string[] },
  why: { code: string; reason: string },
): Promise<number> {
  const waiting = await lockWaitingAround(trx, around)
  return skipEmails(
    trx,
    waiting.map((email) => ({ ...email, ...why })),
  )
}

type Trx = Parameters<typeof skipEmails>[0]

async function skipWaiting(
  trx: Trx,
  change: WarmupChange,
  why: { code: string; reason: string },
): Promise<number> {
  const waiting = await lockWaitingWarmup(trx, change)
  return skipEmails(
    trx,
    waiting.map((email) => ({ ...email, ...why })),
  )
}

// A higher cap, or none: its lanes look again at once.
function wakeAll(trx: Trx, { tenantId, mailboxId }: WarmupChange): Promise<void> {
  const lanes = ['high', 'normal', 'low'] as const
  return insertWakes(
    trx,
    lanes.map((lane) => ({ tenantId, mailboxId, lane, inMs: 0 })),
  )
}

function note(trx: Trx, { tenantId, mailboxId, actor }: WarmupChange, action: string, details: object) {
  return insertAudit(trx, {
    tenantId,
    entityType: 'mailbox',
    entityId: mailboxId,
    actor,
    action,
    details: { ...details },
  })
}
