import { campaignConfiguration, windowOf } from '../../campaigns/configuration.ts'
import { stepDelay } from '../../campaigns/delay.ts'
import { leadZone } from '../../campaigns/lead-zone.ts'
import {
  insertPlannedEmails,
  type LeadToPlan,
  lockLeadsToPlan,
  type PlannedEmail,
  setFollowUpsPlanned,
} from '../../campaigns/planner-store.ts'
import { followUpDueAt } from '../../campaigns/spread.ts'
import { type Campaign, setCampaignPaused } from '../../campaigns/store.ts'
import { chooseVariant } from '../../campaigns/variants.ts'
import type { SendingWindow } from '../../campaigns/window.ts'
import { newId } from '../../core/ids.ts'
import type { Db } from '../../db/connect.ts'
import { insertWakes } from '../../sending/lane-store.ts'
import { doubtOvertaken } from './doubt-overtaken.ts'
import { wakesOf } from './enrol-leads.ts'

const batchSize = 1000

/**
 * Plans the next step of leads whose last email went out, on the same mailbox, counted from when it
 * was really sent; sequences without a next step end. Returns how many leads were looked at.
 */
export async function planFollowUps(
  db: Db,
  statuses: readonly Campaign['status'][] = ['active'],
): Promise<{ leads: number; planned: number }> {
  return db.transaction().execute(async (trx) => {
    const leads = await lockLeadsToPlan(trx, batchSize, statuses)
    if (leads.length === 0) return { leads: 0, planned: 0 }
    const { planned, refusals } = planAll(leads)
    for (const refusal of refusals.values()) await setCampaignPaused(trx, refusal, refusal.reason)
    const done = leads.filter((lead) => !refusals.has(lead.campaignId))
    await insertPlannedEmails(trx, planned)
    await doubtOvertaken(trx, planned)
    await insertWakes(trx, wakesOf(planned))
    const dueAt = new Map(planned.map((email) => [`${email.campaignId}:${email.leadId}`, email.dueAt]))
    await setFollowUpsPlanned(
      trx,
      done.map(({ tenantId, campaignId, leadId, nextStepId }) => ({
        tenantId,
        campaignId,
        leadId,
        stepId: nextStepId,
        dueAt: dueAt.get(`${campaignId}:${leadId}`) ?? null,
      })),
    )
    return { leads: leads.length, planned: planned.length }
  })
}

interface Refusal {
  tenant_id: string
  id: string
  reason: string
}

// A campaign that cannot be planned is paused with the reason, and holds up no other; its leads wait for it.
function planAll(leads: readonly LeadToPlan[]): { planned: PlannedEmail[]; refusals: Map<string, Refusal> } {
  const windows = createWindows()
  const planned: PlannedEmail[] = []
  const refusals = new Map<string, Refusal>()
  for (const lead of leads) {
    try {
      planned.push(...planFollowUp(lead, windows))
    } catch (error) {
      const reason = `its follow-ups cannot be planned: ${error instanceof Error ? error.message : String(error)}`
      refusals.set(lead.campaignId, { tenant_id: lead.tenantId, id: lead.campaignId, reason })
    }
  }
  return { planned: planned.filter((email) => !refusals.has(email.campaignId)), refusals }
}

type Windows = (lead: LeadToPlan) => SendingWindow

// One for each campaign of the batch: a window remembers the days it has looked at.
function createWindows(): Windows {
  const windows = new Map<string, SendingWindow>()
  return ({ campaignId, configuration }) => {
    const window = windows.get(campaignId) ?? windowOf(campaignConfiguration.parse(configuration))
    windows.set(campaignId, window)
    return window
  }
}

function planFollowUp(lead: LeadToPlan, windowFor: Windows): PlannedEmail[] {
  if (lead.nextStepId === null) return []
  const dueAt = followUpDueAt({
    anchor: lead.lastSentAt,
    delay: stepDelay.parse(lead.nextDelay),
    zone: leadZone(lead.leadZone, lead.campaignZone),
    window: windowFor(lead),
    notBefore: lead.heldUntil,
  })
  return [
    {
      id: newId(),
      tenantId: lead.tenantId,
      campaignId: lead.campaignId,
      leadId: lead.leadId,
      stepId: lead.nextStepId,
      variant: chooseVariant(lead.nextWeights, { ...lead, stepId: lead.nextStepId }),
      mailboxId: lead.mailboxId,
      lane: lead.lane,
      to: lead.email,
      dueAt,
      isFollowUp: true,
    },
  ]
}
