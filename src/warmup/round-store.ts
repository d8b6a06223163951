import { sql } from 'kysely'
import { newId } from '../core/ids.ts'
import type { Db, Trx } from '../db/connect.ts'
import { storable } from '../db/json.ts'
import type { Arrival, Ending, OpenExchange, Step } from './round.ts'

export interface WarmupMailbox {
  tenantId: string
  mailboxId: string
}

/**
 * Locks the mailboxes whose round is due, paused ones too: they still receive. Each is due again in a quarter of an hour, by
 * when its round has said better.
 */
export async function lockDueRounds(trx: Trx, limit: number): Promise<WarmupMailbox[]> {
  const { rows } = await sql<WarmupMailbox>`
    with due as (
      select w.tenant_id, w.email_account_id
        from warmup_accounts w
       where w.next_round_at <= now()
         and exists (select 1 from email_accounts a
                      where a.tenant_id = w.tenant_id and a.id = w.email_account_id and a.status <> 'removed')
       order by w.next_round_at limit ${limit} for no key update skip locked)
    update warmup_accounts w set next_round_at = now() + interval '15 minutes'
      from due
     where w.tenant_id = due.tenant_id and w.email_account_id = due.email_account_id
    returning w.tenant_id as "tenantId", w.email_account_id as "mailboxId"`.execute(trx)
  return rows
}

export interface WarmupAccount {
  seed: number
  replyShare: number
  folder: string
  /** Neither paused nor quarantined: it may answer. */
  mayWrite: boolean
}

export async function findWarmupAccount(
  db: Db,
  { tenantId, mailboxId }: WarmupMailbox,
): Promise<WarmupAccount | undefined> {
  const row = await db
    .selectFrom('warmup_accounts as w')
    .innerJoin('email_accounts as a', (join) =>
      join.onRef('a.tenant_id', '=', 'w.tenant_id').onRef('a.id', '=', 'w.email_account_id'),
    )
    .select(['w.seed', 'w.reply_share', 'w.folder', 'w.paused_at', 'w.health', 'a.warmup_status'])
    .where('w.tenant_id', '=', tenantId)
    .where('w.email_account_id', '=', mailboxId)
    .executeTakeFirst()
  if (!row) return undefined
  const takesPart = row.warmup_status === 'warming' || row.warmup_status === 'ready'
  return {
    seed: row.seed,
    replyShare: row.reply_share,
    folder: row.folder,
    mayWrite: takesPart && row.paused_at === null && row.health !== 'quarantined',
  }
}

/** What the mailbox has received or expects, and has not put away. */
export async function listOpenExchanges(
  db: Db,
  { tenantId, mailboxId }: WarmupMailbox,
): Promise<OpenExchange[]> {
  const { rows } = await sql<OpenExchange>`
    select x.id, x.token, x.partner_mailbox as partner, x.depth, x.planned_at as "plannedAt", x.found_at as "foundAt",
           x.placement, x.act_after as "actAfter", x.wants_reply as "wantsReply", x.reply_after as "replyAfter",
           array(select i.interaction_type from warmup_interactions i
                  where i.tenant_id = x.tenant_id and i.email_account_id = x.email_account_id
                    and i.token = x.token) as done
      from warmup_exchanges x
     where x.tenant_id = ${tenantId} and x.email_account_id = ${mailboxId} and x.side = 'receiver'
       and x.finished_at is null
     order by x.planned_at, x.id`.execute(db)
  return rows
}

/** Notes where messages were found; one that was noted before keeps what was said then. */
export async function setFound(
  trx: Trx,
  mailbox: WarmupMailbox,
  arrivals: readonly Arrival[],
  now: Date,
): Promise<void> {
  const rows = arrivals.map(({ exchange, ...arrival }) => ({ id: exchange.id, ...arrival }))
  await sql`
    update warmup_exchanges x
       set found_at = ${now}, placement = i.placement, act_after = i."actAfter", wants_reply = i."wantsReply",
           reply_after = i."replyAfter"
      from json_to_recordset(${JSON.stringify(rows)})
             as i (id uuid, placement text, "actAfter" timestamptz, "wantsReply" boolean, "replyAfter" timestamptz)
     where x.tenant_id = ${mailbox.tenantId} and x.id = i.id and x.found_at is null`.execute(trx)
  const received = arrivals.map(({ exchange, placement }) => ({
    exchange,
    placement,
    type: 'received' as const,
  }))
  await insertInteractions(trx, mailbox, received, now)
}

interface NewInteraction {
  exchange: Pick<OpenExchange, 'token' | 'partner' | 'placement'>
  type: 'received' | Step
  placement?: 'inbox' | 'junk'
}

/** Returns those that are new: each is recorded once for its message, however often a round is repeated. */
export async function insertInteractions(
  db: Db | Trx,
  mailbox: WarmupMailbox,
  interactions: readonly NewInteraction[],
  now: Date,
): Promise<{ token: string; type: string }[]> {
  if (interactions.length === 0) return []
  const rows = interactions.map(({ exchange, type, placement = exchange.placement }) => ({
    tenant_id: mailbox.tenantId,
    id: newId(),
    email_account_id: mailbox.mailboxId,
    interaction_type: type,
    partner_mailbox: exchange.partner,
    token: exchange.token,
    placement,
    interaction_at: now,
  }))
  return db
    .insertInto('warmup_interactions')
    .values(rows)
    .onConflict((conflict) => conflict.constraint('warmup_interactions_once_key').doNothing())
    .returning(['token', 'interaction_type as type'])
    .execute()
}

/** Nobody is there to answer to any more, or nothing to refer to: it is not tried again. */
export async function setNotAnswered(
  trx: Trx,
  { tenantId, mailboxId }: WarmupMailbox,
  { id, token }: Pick<OpenExchange, 'id' | 'token'>,
): Promise<void> {
  await trx
    .deleteFrom('warmup_interactions')
    .where('tenant_id', '=', tenantId)
    .where('email_account_id', '=', mailboxId)
    .where('token', '=', token)
    .where('interaction_type', '=', 'replied')
    .execute()
  await trx
    .updateTable('warmup_exchanges')
    .set({ wants_reply: false })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .execute()
}

/** The message was put away. */
export async function setFiled(
  trx: Trx,
  mailbox: WarmupMailbox,
  ids: readonly string[],
  now: Date,
): Promise<void> {
  await trx
    .updateTable('warmup_exchanges')
    .set({ finished_at: now })
    .where('tenant_id', '=', mailbox.tenantId)
    .where('id', 'in', [...ids])
    .where('finished_at', 'is', null)
    .execute()
}

/** Nothing more is to be done with them, for these reasons. */
export async function setEnded(
  db: Db | Trx,
  mailbox: WarmupMailbox,
  endings: readonly Ending[],
  now: Date,
): Promise<void> {
  for (const { exchange, note } of endings)
    await db
      .updateTable('warmup_exchanges')
      .set({ finished_at: now, note: storable(note) })
      .where('tenant_id', '=', mailbox.tenantId)
      .where('id', '=', exchange.id)
      .where('finished_at', 'is', null)
      .execute()
}

/** `note`: what the round could not do, in words, though it came to its end. */
export async function setRoundDone(
  db: Db,
  { tenantId, mailboxId }: WarmupMailbox,
  { at, nextAt, note }: { at: Date; nextAt: Date; note: string | null },
): Promise<void> {
  await db
    .updateTable('warmup_accounts')
    .set({
      last_round_at: at,
      next_round_at: nextAt,
      last_round_note: note && storable(note),
      round_failures: 0,
    })
    .where('tenant_id', '=', tenantId)
    .where('email_account_id', '=', mailboxId)
    .execute()
}

/** Nothing needed the mailbox's server, or it has to wait for it: the last round's note stands. */
export async function setNextRound(
  db: Db,
  { tenantId, mailboxId }: WarmupMailbox,
  nextAt: Date,
): Promise<void> {
  await db
    .updateTable('warmup_accounts')
    .set({ next_round_at: nextAt })
    .where('tenant_id', '=', tenantId)
    .where('email_account_id', '=', mailboxId)
    .execute()
}

/** `next` is given the failures in a row, this one included. */
export async function setRoundFailed(
  trx: Trx,
  { tenantId, mailboxId }: WarmupMailbox,
  words: string,
  now: Date,
  next: (failures: number) => Date,
): Promise<{ failures: number; nextAt: Date }> {
  const { rows } = await sql<{ failures: number }>`
    select round_failures + 1 as failures from warmup_accounts
     where tenant_id = ${tenantId} and email_account_id = ${mailboxId} for no key update`.execute(trx)
  const failures = rows[0]?.failures ?? 1
  const nextAt = next(failures)
  await trx
    .updateTable('warmup_accounts')
    .set({
      last_round_at: now,
      next_round_at: nextAt,
      last_round_note: storable(words),
      round_failures: failures,
    })
    .where('tenant_id', '=', tenantId)
    .where('email_account_id', '=', mailboxId)
    .execute()
  return { failures, nextAt }
}
