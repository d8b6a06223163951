import { sql } from 'kysely'
import type { RampPolicy } from '../core/ramp.ts'

/** The ramp of a mailbox that is not warm yet, whether it grows or rests; null for all others. `a` is its row of email_accounts. */
export const rampOfAccount = sql<RampPolicy | null>`
  case when a.warmup_status in ('warming', 'paused', 'quarantined') then (
    select json_build_object('start', w.ramp_start, 'step', w.ramp_step, 'ceiling', w.ramp_ceiling,
             'weekdaysOnly', w.weekdays_only, 'jitter', w.jitter, 'startedOn', w.started_on, 'seed', w.seed,
             'throttled', w.health in ('throttled', 'quarantined'),
             'pausedOn', (coalesce(w.paused_at, case w.health when 'quarantined' then w.health_since end)
                            at time zone a.timezone)::date)
      from warmup_accounts w where w.tenant_id = a.tenant_id and w.email_account_id = a.id) end`
