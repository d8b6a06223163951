import { sql } from 'kysely'
import type { Db, Trx } from '../db/connect.ts'
import type { LaneRef } from './lane-state.ts'
import { insertWakes } from './lane-store.ts'
import type { EmailRef } from './proof-store.ts'
import { type SettlementInput, settleEmails } from './settle-store.ts'

export interface DoubtfulEmail extends EmailRef {
  status: string
  attempt: number
  budgetKeys: string[]
  /** Since when its outcome is in doubt; its lease ended then at the latest. */
  unknownAt: Date
  /** Its mailbox is gone. */
  mailboxRemoved: boolean
  /** Of the database. */
  now: Date
}

/** An email of whatever state, as far as doubt about it goes. */
export async function findDoubtful(db: Db | Trx, email: EmailRef): Promise<DoubtfulEmail | undefined> {
  const { rows } = await sql<DoubtfulEmail>`
    select e.tenant_id as "tenantId", e.id, e.status, e.attempt, e.budget_keys as "budgetKeys",
           case when e.look_attempt = e.attempt then e.unknown_at else e.updated_at end as "unknownAt",
           a.status = 'removed' as "mailboxRemoved", clock_timestamp() as now
      from emails e
      join email_accounts a on a.tenant_id = e.tenant_id and a.id = e.email_account_id
     where e.tenant_id = ${email.tenantId} and e.id = ${email.id}`.execute(db)
  return rows[0]
}

/**
 * Puts `unknown` emails that were not sent back on the schedule, as a new attempt, with what their claims took given back and
 * a wake for their lanes. The time in doubt is not held against them. Returns the ids that changed: an outcome that was
 * written meanwhile stands.
 */
export async function requeueUnknown(
  trx: Trx,
  emails: readonly Pick<DoubtfulEmail, 'tenantId' | 'id' | 'attempt' | 'budgetKeys'>[],
  { code, reason }: { code: string; reason: string },
): Promise<Set<string>> {
  const settlements = emails.map(({ tenantId, id, attempt, budgetKeys }) => {
    return { ...notSent, tenantId, id, attempt, budgetKeys, code, reason }
  })
  const requeued = await settleEmails(trx, settlements satisfies SettlementInput[])
  const moved = emails.filter(({ id }) => requeued.has(id)).map(({ tenantId, id }) => ({ tenantId, id }))
  const { rows: lanes } = await sql<LaneRef>`
    with moved as (
      update emails e
         set first_due_at = e.first_due_at
               + case when e.look_attempt = e.attempt then now() - e.unknown_at else interval '0' end,
             look_attempt = null, next_look_at = null, parked_code = null, parked_reason = null
        from json_to_recordset(${JSON.stringify(moved)}) as i ("tenantId" uuid, id uuid)
       where e.tenant_id = i."tenantId" and e.id = i.id and e.status = 'scheduled'
      returning e.tenant_id, e.email_account_id, e.lane
    )
    select distinct tenant_id as "tenantId", email_account_id as "mailboxId", lane from moved`.execute(trx)
  await insertWakes(
    trx,
    lanes.map((lane) => ({ ...lane, inMs: 0 })),
  )
  return requeued
}

const notSent = {
  status: 'scheduled',
  agoMs: 0,
  delaySeconds: 0,
  countsAsFailure: false,
  giveBack: true,
  replyCode: null,
  enhancedStatus: null,
  replyText: null,
  serverMessageId: null,
  subject: null,
} as const
