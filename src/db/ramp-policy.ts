import { type RawBuilder, sql } from 'kysely'
import type { RampPolicy } from '../core/ramp.ts'

/** The ramp of a mailbox that is not warm yet, whether it grows or rests; null for all others. `a` is its row of email_accounts. */
export const rampOfAccount = sql<RampPolicy | null>`
  case when a.warmup_status in ('warming', 'paused', 'quarantined') then (
    select json_build_object('start', w.ramp_start, 'step', w.ramp_step, 'ceiling', w.ramp_ceiling,
             'weekdaysOnly', w.weekdays_only, 'jitter', w.jitter, 'startedOn', w.started_on, 'seed', w.seed,
             'throttled', coalesce(w.health_before, w.health) in ('throttled', 'quarantined'),
             'pausedOn', (coalesce(w.paused_at, case w.health when 'quarantined' then w.health_since end)
                            at time zone a.timezone)::date)
      from warmup_accounts w
     where w.tenant_id = a.tenant_id and w.email_account_id = a.id and w.ready_at is null) end`

/**
 * The first day of a ramp that rested from `restedOn` and goes on `today`, where it stood: as many days that count lie between.
 * `w` is its row of warmup_accounts.
 */
export const startAfterRest = (restedOn: RawBuilder<unknown>, today: RawBuilder<unknown>) => sql<string>`(
  select case grown.days when 0 then ${today} else (
           select ${today} - ago from generate_series(1, 2 * grown.days + 7) ago
            where not w.weekdays_only or extract(isodow from ${today} - ago) < 6
            order by ago offset grown.days - 1 limit 1) end
    from (select count(*)::int as days from generate_series(0, ${restedOn} - w.started_on - 1) later
           where not w.weekdays_only or extract(isodow from w.started_on + later) < 6) grown)`
