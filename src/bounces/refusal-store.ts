import { sql } from 'kysely'
import { newId } from '../core/ids.ts'
import type { Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import type { Consequence } from './consequence.ts'
import type { Reason, RecipientVerdict } from './verdict.ts'

export interface NewRefusal {
  tenantId: string
  emailId: string
  attempt: number
  agoMs: number
  recipient: RecipientVerdict
  consequence: Consequence
}

/**
 * Notes, in the transaction that settles them, how emails were refused for good. What follows is done by those who take the
 * notes up: the settlement holds emails and enrolments, and addresses are locked before those.
 */
export async function insertRefusals(trx: Trx, refusals: readonly NewRefusal[]): Promise<void> {
  if (refusals.length === 0) return
  const rows = refusals.map(({ recipient, consequence, ...refusal }) => ({
    ...refusal,
    id: newId(),
    bounceType: consequence.bounceType,
    words: consequence.stop?.reason ?? null,
    reason: recipient.reason,
    permanent: recipient.permanent,
    addressDead: recipient.addressDead,
    status: recipient.status,
    smtpCode: Number(recipient.smtpCode),
    diagnostic: recipient.diagnostic,
    evidence: { matchedBy: 'session', format: recipient.evidence, attempt: refusal.attempt },
  }))
  await sql`
    insert into email_bounces (tenant_id, id, email_id, email_account_id, campaign_id, lead_id, address, bounce_type,
                               bounce_class, bounce_reason, permanent, address_dead, status_code, smtp_code, diagnostic,
                               evidence, bounced_at, pending)
    select e.tenant_id, i.id, e.id, e.email_account_id, e.campaign_id, e.lead_id, e.to_address, i."bounceType",
           i.reason, i.words, i.permanent, i."addressDead", i.status, i."smtpCode", i.diagnostic, i.evidence,
           clock_timestamp() - i."agoMs" * interval '1 millisecond', true
      from json_to_recordset(${toJson(rows)}) as i (
        "tenantId" uuid, id uuid, "emailId" uuid, attempt int, "agoMs" float8, "bounceType" text, reason text, words text,
        permanent boolean, "addressDead" boolean, status text, "smtpCode" int, diagnostic text, evidence jsonb)
      join emails e on e.tenant_id = i."tenantId" and e.id = i."emailId" and e.attempt = i.attempt
     where e.status = 'failed'`.execute(trx)
}

/** A refusal from which nothing has followed yet. */
export interface PendingRefusal {
  tenantId: string
  id: string
  emailId: string
  mailboxId: string
  to: string
  kind: 'hard' | 'soft'
  reason: Reason
  permanent: boolean
  status: string | null
  smtpCode: string | null
  diagnostic: string | null
  at: Date
  tenantSettings: unknown
}

/** Others that take refusals up at the same time get others. */
export async function lockPendingRefusals(trx: Trx, limit: number): Promise<PendingRefusal[]> {
  const { rows } = await sql<PendingRefusal>`
    select b.tenant_id as "tenantId", b.id, b.email_id as "emailId", b.email_account_id as "mailboxId",
           b.address as "to", b.bounce_type as kind, b.bounce_class as reason, b.permanent, b.status_code as status,
           b.smtp_code::text as "smtpCode", b.diagnostic, b.bounced_at as at, t.settings as "tenantSettings"
      from email_bounces b join tenants t on t.id = b.tenant_id
     where b.pending
     order by b.id limit ${limit} for no key update of b skip locked`.execute(trx)
  return rows
}

export async function setRefusalsEnded(trx: Trx, refusals: readonly PendingRefusal[]): Promise<void> {
  const ids = refusals.map(({ id }) => id)
  await sql`update email_bounces set pending = false where pending and id = any(${ids}::uuid[])`.execute(trx)
}
