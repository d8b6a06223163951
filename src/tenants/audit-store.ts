import { newId } from '../core/ids.ts'
import type { Db, Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'

/** What somebody decided by hand, and why. */
export interface AuditEntry {
  /** Null: it concerns every tenant. */
  tenantId: string | null
  /** Who: an account of the machine, a user. */
  actor: string
  /** `noun.verb`. */
  action: string
  entityType: string
  entityId: string
  details: object
}

/** In the transaction of the deed itself: there is none without its entry. */
export async function insertAudit(trx: Trx, entry: AuditEntry): Promise<void> {
  const { tenantId, actor, action, entityType, entityId, details } = entry
  await trx
    .insertInto('audit_log')
    .values({
      id: newId(),
      tenant_id: tenantId,
      actor,
      action,
      entity_type: entityType,
      entity_id: entityId,
      details: toJson(details),
    })
    .execute()
}

/** When `rookery recover` last ended here, if it ever did. */
export async function findLastRecovery(db: Db | Trx): Promise<Date | undefined> {
  const row = await db
    .selectFrom('audit_log')
    .select((eb) => eb.fn.max('at').as('at'))
    .where('entity_type', '=', 'database')
    .where('entity_id', '=', 'ledger')
    .where('action', '=', 'database.recovered')
    .executeTakeFirst()
  return row?.at ?? undefined
}
