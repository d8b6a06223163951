import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import type { DoubtfulMessage } from './look.ts'
import type { EmailRef } from './proof-store.ts'

/** Puts off what is to be looked for in a mailbox by now: it cannot be read before. */
export async function setLooksPostponed(db: Db, mailbox: EmailRef, at: Date): Promise<void> {
  await sql`
    update emails set next_look_at = ${at}
     where status = 'unknown' and next_look_at <= now()
       and tenant_id = ${mailbox.tenantId} and email_account_id = ${mailbox.id}`.execute(db)
}

/** An email that is to be looked for, as the look found it in the ledger. */
export interface DueLook extends EmailRef, DoubtfulMessage {
  attempt: number
  looks: number
  budgetKeys: string[]
  messageId: string
  /** Of the database. */
  now: Date
}

/** What is to be looked for in a mailbox by now, the longest in doubt first. */
export async function listDueLooks(db: Db, mailbox: EmailRef, limit: number): Promise<DueLook[]> {
  const { rows } = await sql<DueLook>`
    select e.tenant_id as "tenantId", e.id, e.attempt, e.looks, e.budget_keys as "budgetKeys",
           e.message_id as "messageId", e.claim_id is null as forgotten,
           case when e.claim_id is null then least(e.due_at, e.unknown_at) else e.claimed_at end as "claimedAt",
           e.unknown_at as "unknownAt", t.unknown_policy as policy, clock_timestamp() as now,
           json_build_object('name', p.id, 'filesSentMail', p.files_sent_mail) as provider
      from emails e
      join email_accounts a on a.tenant_id = e.tenant_id and a.id = e.email_account_id
      join email_providers p on p.id = a.provider_id
      join tenants t on t.id = e.tenant_id
     where e.status = 'unknown' and e.look_attempt = e.attempt and e.next_look_at <= now()
       and e.tenant_id = ${mailbox.tenantId} and e.email_account_id = ${mailbox.id}
     order by e.next_look_at limit ${limit}`.execute(db)
  return rows
}

export interface LedgerMatch {
  id: string
  /** Null unless `sent`. */
  sentAt: Date | null
  /** Of the message that was asked about. */
  uid: number
}

/** Which of these messages are emails of this mailbox: by our Message-ID, the server's, or our reference. */
export async function listMatches(
  db: Db,
  mailbox: EmailRef,
  messages: readonly { uid: number; messageId: string | undefined; ref: string | undefined }[],
): Promise<LedgerMatch[]> {
  // Three joins rather than an OR: each finds its rows through its own hash index.
  const { rows } = await sql<LedgerMatch>`
    with seen as materialized (
      select * from json_to_recordset(${toJson(messages)}) as s (uid bigint, "messageId" text, ref text)
    ), matched as (
      select e.tenant_id, e.id, s.uid from seen s join emails e on e.message_id = s."messageId"
       union
      select e.tenant_id, e.id, s.uid from seen s join emails e on e.server_message_id = s."messageId"
       union
      select e.tenant_id, e.id, s.uid from seen s join emails e on e.ref = s.ref
    )
    select e.id, e.sent_at as "sentAt", m.uid
      from matched m join emails e on e.tenant_id = m.tenant_id and e.id = m.id
     where e.tenant_id = ${mailbox.tenantId} and e.email_account_id = ${mailbox.id}`.execute(db)
  return rows
}

/** What a look was, for those who ask later. */
export interface LookNote extends EmailRef {
  attempt: number
  folders: readonly string[]
  result: 'found' | 'absent' | 'failed'
  controlled: boolean
  followedBy: 'sent' | 'look' | 'parked' | 'scheduled'
  reason: string
}

/** Notes looks whose emails have been dealt with, in the same transaction. */
export async function insertLooks(trx: Trx, looks: readonly LookNote[]): Promise<void> {
  if (looks.length === 0) return
  const rows = looks.map((look) => ({ ...look, folders: [...look.folders] }))
  await sql`
    insert into email_looks (tenant_id, id, email_id, attempt, look, folders, result, controlled, followed_by, reason)
    select e.tenant_id, gen_random_uuid(), e.id, i.attempt, e.looks + 1, i.folders, i.result, i.controlled,
           i."followedBy", i.reason
      from json_to_recordset(${toJson(rows)}) as i ("tenantId" uuid, id uuid, attempt int, folders text[],
             result text, controlled boolean, "followedBy" text, reason text)
      join emails e on e.tenant_id = i."tenantId" and e.id = i.id`.execute(trx)
}

export type LookedInVain = LookNote & {
  /** As it was when the look began: of two that looked at once one is counted. */
  looks: number
  nextLookAt: Date | null
  parkedCode: string | null
}

/** Counts and notes looks that did not find their emails, as far as these are still in doubt. Returns how many. */
export async function setLookedInVain(trx: Trx, looks: readonly LookedInVain[]): Promise<number> {
  const rows = looks.map((look) => ({ ...look, folders: [...look.folders] }))
  const { rows: looked } = await sql`
    with input as materialized (
      select * from json_to_recordset(${toJson(rows)}) as i ("tenantId" uuid, id uuid, attempt int, looks int,
        "nextLookAt" timestamptz, "parkedCode" text, folders text[], result text, controlled boolean,
        "followedBy" text, reason text)
    ), locked as materialized (
      select e.tenant_id, e.id
        from emails e join input i on e.tenant_id = i."tenantId" and e.id = i.id
       where e.status = 'unknown' and e.attempt = i.attempt and e.looks = i.looks
       order by e.tenant_id, e.id for update of e
    ), looked as (
      update emails e
         set looks = e.looks + 1, next_look_at = i."nextLookAt", parked_code = i."parkedCode",
             parked_reason = case when i."parkedCode" is not null then i.reason end
        from locked l join input i on l.tenant_id = i."tenantId" and l.id = i.id
       where e.tenant_id = l.tenant_id and e.id = l.id
       returning e.tenant_id, e.id, e.attempt, e.looks
    )
    insert into email_looks (tenant_id, id, email_id, attempt, look, folders, result, controlled, followed_by, reason)
    select d.tenant_id, gen_random_uuid(), d.id, d.attempt, d.looks, i.folders, i.result, i.controlled,
           i."followedBy", i.reason
      from looked d join input i on i."tenantId" = d.tenant_id and i.id = d.id
    returning email_id`.execute(trx)
  return looked.length
}
