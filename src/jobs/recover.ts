import { pauseHalfEnrolled } from '../campaigns/recover-store.ts'
import { AppError } from '../core/errors.ts'
import type { Db, Trx } from '../db/connect.ts'
import { isSameEpoch, setEpoch, voidEpoch } from '../db/epoch.ts'
import { readNow } from '../db/now.ts'
import { untilAnswered } from '../db/retry.ts'
import { doubtForgotten } from '../sending/forgotten-claims.ts'
import { clearEpochBlocks } from '../sending/forgotten-store.ts'
import { insertWakes } from '../sending/lane-store.ts'
import { insertAudit } from '../tenants/audit-store.ts'
import { planFollowUps } from './scheduler/plan-follow-ups.ts'

const batchSize = 1000

export interface Recovery {
  /** Follow-ups that the database had forgotten to have planned. */
  planned: number
  /** Emails that may have been sent, and are `unknown` now. */
  unknown: number
  /** Campaigns that were being enrolled, paused for a person to look at. */
  paused: string[]
}

/**
 * Makes a promoted, restored or copied database safe to send from: what may have been claimed after `since`, and was
 * forgotten, becomes `unknown` and is not sent again by itself. Nothing is claimed until it has ended; ended half-way,
 * it is run again. Throws `conflict` when the database is the one that was noted, unless `force`.
 */
export async function recover(
  db: Db,
  options: { since: Date; actor: string; force?: boolean },
): Promise<Recovery> {
  if (!options.force && (await isSameEpoch(db))) {
    throw new AppError('conflict', 'This database is the one that sent last: there is nothing to recover.', {
      details: [
        'After a storage snapshot was rolled back, which no database can notice, add --force.',
        'It turns every email that is due into unknown.',
      ],
    })
  }
  await voidEpoch(db)
  const planned = await planWhatIsDue(db)
  const paused = await db
    .transaction()
    .execute((trx) => pauseHalfEnrolled(trx, 'its leads were being enrolled when the database was lost'))
  const unknown = await doubtWhatIsDue(db, options)
  const recovery = { planned, unknown, paused }
  await db.transaction().execute((trx) => endRecovery(trx, options, recovery))
  return recovery
}

// A follow-up that was planned and sent after `since` has no row here: with one it is put in doubt like the others. A campaign
// that is paused here may have been resumed.
async function planWhatIsDue(db: Db): Promise<number> {
  let planned = 0
  for (;;) {
    const round = await planFollowUps(db, ['active', 'paused'])
    planned += round.planned
    if (round.leads === 0) return planned
  }
}

async function doubtWhatIsDue(db: Db, { since }: { since: Date }): Promise<number> {
  const until = await readNow(db)
  const reason = `it may have been sent between ${since.toISOString()} and ${until.toISOString()}, which this database has forgotten`
  let unknown = 0
  for (;;) {
    const write = () => db.transaction().execute((trx) => doubtForgotten(trx, until, reason, batchSize))
    const count = await untilAnswered(write)
    unknown += count
    if (count < batchSize) return unknown
  }
}

async function endRecovery(
  trx: Trx,
  { since, actor }: { since: Date; actor: string },
  recovery: Recovery,
): Promise<void> {
  await setEpoch(trx)
  const entity = { tenantId: null, entityType: 'database', entityId: 'ledger' }
  await insertAudit(trx, {
    ...entity,
    actor,
    action: 'database.recovered',
    details: { since: since.toISOString(), ...recovery },
  })
  const lanes = await clearEpochBlocks(trx)
  await insertWakes(
    trx,
    lanes.map((lane) => ({ ...lane, inMs: 0 })),
  )
}
