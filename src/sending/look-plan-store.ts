import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import type { EmailRef } from './proof-store.ts'

/**
 * Takes up emails that have become `unknown`: notes since when, and when they are looked for first. Those that nobody can look
 * for are parked at once, with the reason. Returns how many.
 */
export async function takeUpUnknown(trx: Trx, firstLookSeconds: number, limit = 1000): Promise<number> {
  const { rows } = await sql`
    with fresh as materialized (
      select e.tenant_id, e.id,
             case when e.message_id is null then 'no_message_id' when a.imap_host is null then 'no_imap' end as code
        from emails e
        join email_accounts a on a.tenant_id = e.tenant_id and a.id = e.email_account_id
       where e.status = 'unknown' and e.look_attempt is distinct from e.attempt
       order by e.tenant_id, e.id limit ${limit} for update of e skip locked
    ), taken as (
      update emails e
         set look_attempt = e.attempt, unknown_at = e.updated_at, looks = 0, parked_code = f.code,
             parked_reason = case f.code
               when 'no_imap' then ${noImap}
               when 'no_message_id' then 'its Message-ID is not known: nobody can look for it' end,
             next_look_at = case when f.code is null then e.updated_at + ${firstLookSeconds} * interval '1 second' end
        from fresh f where e.tenant_id = f.tenant_id and e.id = f.id
       returning e.*
    ), noted as (
      insert into email_looks (tenant_id, id, email_id, attempt, look, result, followed_by, reason)
      select tenant_id, gen_random_uuid(), id, attempt, 0, 'none', 'parked', parked_reason
        from taken where parked_code is not null
    )
    select id from taken`.execute(trx)
  return rows.length
}

const noImap = 'no IMAP: nobody can look into the mailbox for it'

/** Parks emails that are to be looked for by now in mailboxes that have lost their IMAP server since. Returns how many. */
export async function parkUnreachable(trx: Trx, limit = 1000): Promise<number> {
  const { rows } = await sql`
    with lost as materialized (
      select e.tenant_id, e.id
        from emails e
        join email_accounts a on a.tenant_id = e.tenant_id and a.id = e.email_account_id
       where e.status = 'unknown' and e.next_look_at <= now() and a.imap_host is null
       order by e.tenant_id, e.id limit ${limit} for update of e skip locked
    ), parked as (
      update emails e set next_look_at = null, parked_code = 'no_imap', parked_reason = ${noImap}
        from lost l where e.tenant_id = l.tenant_id and e.id = l.id
       returning e.*
    )
    insert into email_looks (tenant_id, id, email_id, attempt, look, result, followed_by, reason)
    select tenant_id, gen_random_uuid(), id, attempt, looks, 'none', 'parked', parked_reason from parked
    returning email_id`.execute(trx)
  return rows.length
}

/** The mailbox has an IMAP server now: what was parked for want of one is taken up again. */
export async function unparkUnreachable(trx: Trx, mailbox: EmailRef): Promise<void> {
  await sql`
    update emails set look_attempt = null, parked_code = null, parked_reason = null
     where status = 'unknown' and parked_code = 'no_imap'
       and tenant_id = ${mailbox.tenantId} and email_account_id = ${mailbox.id}`.execute(trx)
}

/**
 * Locks mailboxes in which an email is to be looked for by now, in key order. One that cannot be read is left to its next
 * sync, which looks too.
 */
export async function lockMailboxesToLook(trx: Trx, limit: number): Promise<EmailRef[]> {
  const { rows } = await sql<EmailRef>`
    select tenant_id as "tenantId", id from email_accounts
     where id in (
       select email_account_id from emails
        where status = 'unknown' and next_look_at <= now())
       and imap_host is not null and sync_failures = 0
     order by id limit ${limit} for no key update skip locked`.execute(trx)
  return rows
}
