import { campaignConfiguration, windowOf } from '../campaigns/configuration.ts'
import { openDays } from '../campaigns/open-days.ts'
import { listRotation, setRotation } from '../campaigns/planner-store.ts'
import { lockUnbegun, setFirstEmailPlans, type UnbegunEmail } from '../campaigns/replan-store.ts'
import { spread } from '../campaigns/spread.ts'
import { type Campaign, listSteps } from '../campaigns/store.ts'
import { civilDate } from '../core/civil-time.ts'
import type { Trx } from '../db/connect.ts'
import { readNow } from '../db/now.ts'
import { insertWakes } from '../sending/lane-store.ts'
import { limitCodes } from '../sending/limit-change-store.ts'
import { wakesOf } from './scheduler/enrol-leads.ts'

/** Spreads first emails that are not due yet anew, in the order of their times, from now on and by the limits of `campaign`. */
export async function replanFirstEmails(trx: Trx, campaign: Campaign): Promise<void> {
  const unbegun = await lockUnbegun(trx, campaign, limitCodes)
  const reference = { tenantId: campaign.tenant_id, id: campaign.id }
  const rotation = await listRotation(trx, reference)
  if (unbegun.length === 0 || rotation.length === 0) return
  const window = windowOf(campaignConfiguration.parse(campaign.configuration))
  const steps = await listSteps(trx, reference)
  const moved = countDays(unbegun, campaign.timezone)
  const { sends, states } = spread({
    leads: unbegun
      .toSorted((a, b) => a.dueAt.getTime() - b.dueAt.getTime())
      .map(({ leadId, zone }) => ({ id: leadId, zone })),
    mailboxes: rotation.map(({ nextSlotAt: _, plannedOn: __, plannedCount: ___, ...mailbox }) => {
      return { ...mailbox, state: { nextSlotAt: null, plannedOn: null, plannedCount: 0 } }
    }),
    window,
    zone: campaign.timezone,
    now: await readNow(trx),
    seed: campaign.seed,
    days: await openDays(trx, campaign, steps, window, moved),
  })
  const idOf = new Map(unbegun.map(({ id, leadId }) => [leadId, id]))
  const plans = sends.map(({ slotAt: _, ...send }) => ({ ...send, id: idOf.get(send.leadId) ?? '' }))
  await setFirstEmailPlans(trx, campaign, plans)
  await setRotation(
    trx,
    campaign,
    [...states].map(([mailboxId, state]) => ({ mailboxId, ...state })),
  )
  const { lane, tenant_id: tenantId } = campaign
  await insertWakes(trx, wakesOf(plans.map((plan) => ({ ...plan, tenantId, lane }))))
}

function countDays(emails: readonly UnbegunEmail[], zone: string): Map<string, number> {
  const days = Map.groupBy(emails, ({ dueAt }) => civilDate(dueAt, zone))
  return new Map([...days].map(([day, { length }]) => [day, length]))
}
