import { type Selectable, sql } from 'kysely'
import { newId } from '../core/ids.ts'
import type { Db, Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import type { SystemNotificationsTable } from '../db/schema.ts'

export interface NewNotification {
  /** What it is about: while one with this key is open there is no other. */
  key: string
  tenantId: string | null
  category: string
  severity: 'info' | 'warning' | 'critical'
  title: string
  message: string
  entityType: string | null
  entityId: string | null
  details: object
}

/** Raises it once: one that is open is only seen again. */
export async function raiseNotification(trx: Trx, notification: NewNotification): Promise<void> {
  const { key, tenantId, category, severity, title, message, entityType, entityId, details } = notification
  await sql`
    insert into system_notifications (id, key, tenant_id, category, severity, title, message, entity_type, entity_id,
                                      details)
    values (${newId()}, ${key}, ${tenantId}, ${category}, ${severity}, ${title}, ${message}, ${entityType}, ${entityId},
            ${toJson(details)}::jsonb)
    on conflict (key) where not is_resolved do update set last_seen_at = now()`.execute(trx)
}

/** It still is so; one that somebody has resolved stays resolved. */
export async function setNotificationSeen(db: Db | Trx, key: string): Promise<void> {
  await sql`update system_notifications set last_seen_at = now() where key = ${key} and not is_resolved`.execute(
    db,
  )
}

/** It is over. `by`: the account of a person, or what noticed it. */
export async function setNotificationResolved(db: Db | Trx, key: string, by: string): Promise<boolean> {
  const { rows } = await sql`
    update system_notifications set is_resolved = true, resolved_at = now(), resolved_by = ${by}
     where key = ${key} and not is_resolved returning id`.execute(db)
  return rows.length > 0
}

/** False when there is no open one with this id. */
export async function setNotificationResolvedById(
  db: Db,
  tenantId: string | null,
  id: string,
  by: string,
): Promise<boolean> {
  const { rows } = await sql`
    update system_notifications set is_resolved = true, resolved_at = now(), resolved_by = ${by}
     where id = ${id} and not is_resolved and (${tenantId}::uuid is null or tenant_id = ${tenantId})
    returning id`.execute(db)
  return rows.length > 0
}

export interface Notification
  extends Pick<
    Selectable<SystemNotificationsTable>,
    'id' | 'category' | 'title' | 'message' | 'severity' | 'key'
  > {
  tenant: string | null
  raisedAt: Date
  lastSeenAt: Date
  resolvedAt: Date | null
  resolvedBy: string | null
}

/** Newest first. `resolved`: also those that are over. `tenantId` null: of all tenants. */
export async function listNotifications(
  db: Db,
  tenantId: string | null,
  { resolved, limit }: { resolved: boolean; limit: number },
): Promise<Notification[]> {
  const { rows } = await sql<Notification>`
    select n.id, n.category, n.title, n.message, n.severity, n.key, t.name as tenant, n.created_at as "raisedAt",
           n.last_seen_at as "lastSeenAt", n.resolved_at as "resolvedAt", n.resolved_by as "resolvedBy"
      from system_notifications n left join tenants t on t.id = n.tenant_id
     where (${resolved} or not n.is_resolved) and (${tenantId}::uuid is null or n.tenant_id = ${tenantId})
     order by n.created_at desc, n.id desc limit ${limit}`.execute(db)
  return rows
}

export async function countOpenNotifications(db: Db): Promise<{ severity: string; count: number }[]> {
  const { rows } = await sql<{ severity: string; count: number }>`
    select severity, count(*) as count from system_notifications where not is_resolved group by severity`.execute(
    db,
  )
  return rows
}

/** Keys of open notifications about things that no guardrail keeps paused any more. */
export async function listOrphanedKeys(db: Db): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`
    select n.key from system_notifications n
     where not n.is_resolved and n.category = 'guardrail'
       and not exists (select 1 from email_accounts a where a.id = n.entity_id and a.tenant_id = n.tenant_id
                          and a.status = 'paused' and a.guard_paused_at is not null)
       and not exists (select 1 from campaigns c where c.id = n.entity_id and c.tenant_id = n.tenant_id
                          and c.status = 'paused' and c.guard_paused_at is not null)`.execute(db)
  return rows.map(({ key }) => key)
}
