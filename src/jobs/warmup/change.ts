import { AppError } from '../../core/errors.ts'
import { seededHash } from '../../core/seeded.ts'
import type { Db } from '../../db/connect.ts'
import { setNotificationResolved } from '../../guardrails/notification-store.ts'
import { insertWakes } from '../../sending/lane-store.ts'
import { skipEmails } from '../../sending/skip-store.ts'
import { insertAudit } from '../../tenants/audit-store.ts'
import {
  insertWarmupAccount,
  lockWaitingWarmup,
  setWarmupEnded,
  setWarmupPaused,
  setWarmupResumed,
} from '../../warmup/account-store.ts'
import type { Enrolment } from '../../warmup/enrolment.ts'
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

/** Lets it go on where its ramp stood; also the way out of quarantine by hand. */
export async function resumeWarmup(db: Db, change: WarmupChange): Promise<void> {
  await db.transaction().execute(async (trx) => {
    if (!(await setWarmupResumed(trx, change)))
      throw new AppError('conflict', 'The warmup of the mailbox is neither paused nor quarantined.')
    await note(trx, change, 'warmup.resumed', {})
    await setNotificationResolved(trx, quarantineKey(change.mailboxId), change.actor)
    await wakeAll(trx, change)
  })
}

/** Ends its part for good: its own limits hold alone from now on. Returns how many emails were skipped. */
export async function endWarmup(db: Db, change: WarmupChange): Promise<number> {
  return db.transaction().execute(async (trx) => {
    if (!(await setWarmupEnded(trx, change)))
      throw new AppError('conflict', 'The mailbox takes no part in warmup. See: rookery warmup status')
    await note(trx, change, 'warmup.ended', {})
    await setNotificationResolved(trx, quarantineKey(change.mailboxId), change.actor)
    const skipped = await skipWaiting(trx, change, {
      code: 'warmup_ended',
      reason: 'the warmup of the mailbox was ended',
    })
    await wakeAll(trx, change)
    return skipped
  })
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
