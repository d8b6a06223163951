import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import { lockBudgets, setBudgets } from './budget-store.ts'
import { type Budget, giveBackTo } from './charge.ts'
import { applyConsequences } from './consequence-store.ts'
import type { Settlement } from './settlement.ts'
import { endWarmupUnsent, recordWarmupAnswers } from './warmup-outcome-store.ts'

/** A settlement with the keys its claim took. */
export type SettlementInput = Settlement & { budgetKeys: readonly string[] }

interface SettledRow {
  tenantId: string
  id: string
  kind: string
  status: Settlement['status']
  give_back: boolean
  budget_keys: string[]
  claimed_at: Date
}

/**
 * Writes outcomes in one order of locks: budgets, emails, enrolments. Everything that follows derives
 * from the rows that the guarded update returned, so the same batch written twice changes nothing.
 * Returns the ids that changed state.
 */
export async function settleEmails(trx: Trx, settlements: readonly SettlementInput[]): Promise<Set<string>> {
  if (settlements.length === 0) return new Set()
  const keys = new Set(settlements.filter((item) => item.giveBack).flatMap((item) => [...item.budgetKeys]))
  const budgets = keys.size > 0 ? await lockBudgets(trx, [...keys]) : new Map<string, Budget>()
  await applyConsequences(trx, settlements)
  const settled: SettledRow[] = []
  for (const distinct of onePerEmail(settlements)) settled.push(...(await writeOutcomes(trx, distinct)))
  await setBudgets(trx, givenBack(budgets, settled))
  const warmup = settled.filter(({ kind }) => kind === 'warmup')
  const ended = (end: Settlement['status']) => warmup.filter(({ status }) => status === end)
  await recordWarmupAnswers(trx, ended('sent'))
  await endWarmupUnsent(trx, ended('failed'))
  return new Set(settled.map((row) => row.id))
}

// One statement changes a row once: of two attempts of an email the second would be lost. There is hardly ever one.
function onePerEmail(settlements: readonly Settlement[]): Settlement[][] {
  const byEmail = [...Map.groupBy(settlements, (settlement) => settlement.id).values()]
  const most = Math.max(...byEmail.map((attempts) => attempts.length))
  return Array.from({ length: most }, (_, turn) =>
    byEmail.flatMap((attempts) => attempts.slice(turn, turn + 1)),
  )
}

function givenBack(budgets: Map<string, Budget>, settled: readonly SettledRow[]): Budget[] {
  const changed = new Map<string, Budget>()
  for (const row of settled) {
    if (!row.give_back) continue
    for (const key of row.budget_keys) {
      const budget = changed.get(key) ?? budgets.get(key)
      if (budget) changed.set(key, giveBackTo(budget, row.claimed_at))
    }
  }
  return [...changed.values()]
}

// `settled`: proof beats doubt, so an attempt that lapsed to unknown still takes its outcome, and one that was put
// back on the schedule is not sent again when it turns out to have been accepted; nor is one whose attempt a promoted
// standby has never heard of. `filled`: an
// email that a report or reply has proven sent only gains what it lacks. `suspected`: a late acceptance of
// an attempt that was superseded means that two may have been sent.
async function writeOutcomes(trx: Trx, settlements: readonly Settlement[]): Promise<SettledRow[]> {
  const { rows } = await sql<SettledRow>`
    with input as materialized (
      select * from json_to_recordset(${toJson(settlements)}) as i (
        "tenantId" uuid, id uuid, attempt int, status text, "agoMs" float8, "delaySeconds" float8,
        "countsAsFailure" boolean, "giveBack" boolean, code text, reason text, "replyCode" int,
        "enhancedStatus" text, "replyText" text, "serverMessageId" text, subject text)
    ), locked as materialized (
      select e.tenant_id, e.id, e.status, i as outcome, a.timezone,
             clock_timestamp() - i."agoMs" * interval '1 millisecond' as happened_at,
             e.attempt = i.attempt or i.attempt > e.attempt and e.status in ('scheduled', 'held') as current
        from emails e
        join input i on e.tenant_id = i."tenantId" and e.id = i.id
        join email_accounts a on a.tenant_id = e.tenant_id and a.id = e.email_account_id
       order by e.tenant_id, e.id
         for update of e
    ), settled as (
      update emails e
         set status = (l.outcome).status, attempt = greatest(e.attempt, (l.outcome).attempt),
             sent_at = case (l.outcome).status when 'sent' then l.happened_at end,
             sent_on = case (l.outcome).status when 'sent' then (l.happened_at at time zone l.timezone)::date end,
             due_at = case (l.outcome).status
               when 'scheduled' then clock_timestamp() + (l.outcome)."delaySeconds" * interval '1 second'
               else e.due_at end,
             transient_failures = e.transient_failures + (l.outcome)."countsAsFailure"::int,
             lease_until = null, reason_code = (l.outcome).code, error_message = (l.outcome).reason,
             reply_code = (l.outcome)."replyCode", enhanced_status = (l.outcome)."enhancedStatus",
             reply_text = (l.outcome)."replyText", server_message_id = (l.outcome)."serverMessageId",
             subject = coalesce((l.outcome).subject, e.subject), updated_at = now()
        from locked l
       where e.tenant_id = l.tenant_id and e.id = l.id and l.current
         and (l.status in ('submitting', 'unknown')
              or l.status in ('scheduled', 'held') and (l.outcome).status = 'sent')
         and (l.status, (l.outcome).status) <> ('unknown', 'unknown')
       returning e.*, (l.outcome)."giveBack" as give_back, l.happened_at
    ), filled as (
      update emails e
         set reply_code = coalesce(e.reply_code, (l.outcome)."replyCode"),
             enhanced_status = coalesce(e.enhanced_status, (l.outcome)."enhancedStatus"),
             reply_text = coalesce(e.reply_text, (l.outcome)."replyText"),
             server_message_id = coalesce(e.server_message_id, (l.outcome)."serverMessageId"),
             subject = coalesce(e.subject, (l.outcome).subject)
        from locked l
       where e.tenant_id = l.tenant_id and e.id = l.id and l.current and l.status = 'sent'
         and (l.outcome).status = 'sent'
    ), suspected as (
      update emails e set duplicate_suspected = true, updated_at = now()
        from locked l
       where e.tenant_id = l.tenant_id and e.id = l.id and not l.current and (l.outcome).status = 'sent'
    ), events as (
      insert into email_events (class, type, id, tenant_id, occurred_at, email_id, attempt, campaign_id, step_id, variant,
                                lead_id, email_account_id, sent_on, data)
      select case kind when 'warmup' then 'warmup' else 'delivery' end,
             case when kind = 'warmup' and status = 'sent' then 'warmup_sent'
               when status = 'scheduled' then 'deferred' else status end,
             gen_random_uuid(), tenant_id, happened_at, id, attempt, campaign_id, step_id, variant, lead_id,
             email_account_id, sent_on,
             jsonb_strip_nulls(jsonb_build_object('code', reason_code, 'replyCode', reply_code,
               'enhancedStatus', enhanced_status))
        from settled
    ), sequences as (
      update campaign_leads cl
         set status = case s.status when 'failed' then 'stopped' else cl.status end,
             stopped_code = case s.status when 'failed' then s.reason_code end,
             stopped_reason = case s.status when 'failed' then s.error_message end,
             ended_at = case s.status when 'failed' then now() end,
             last_step_id = case s.status when 'sent' then s.step_id else cl.last_step_id end,
             last_sent_at = case s.status when 'sent' then s.sent_at else cl.last_sent_at end,
             plan_at = case s.status when 'sent' then now() end
        from settled s
       where cl.tenant_id = s.tenant_id and cl.campaign_id = s.campaign_id and cl.lead_id = s.lead_id
         and s.status in ('sent', 'failed') and cl.status = 'active'
    )
    select tenant_id as "tenantId", id, kind, status, give_back, budget_keys, claimed_at from settled`.execute(
    trx,
  )
  return rows
}
