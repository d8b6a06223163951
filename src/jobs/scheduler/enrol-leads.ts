import { type CampaignConfiguration, campaignConfiguration, windowOf } from '../../campaigns/configuration.ts'
import { openDays } from '../../campaigns/open-days.ts'
import {
  insertEnrolments,
  type LeadToEnrol,
  listLeadsToEnrol,
  listRotation,
  lockCampaignToEnrol,
  type PlannedEmail,
  type RotationState,
  setEnrolmentProgress,
} from '../../campaigns/planner-store.ts'
import { spread } from '../../campaigns/spread.ts'
import { type Campaign, listSteps, setCampaignPaused } from '../../campaigns/store.ts'
import { chooseVariant } from '../../campaigns/variants.ts'
import { AppError } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import type { Db, Trx } from '../../db/connect.ts'
import { readNow } from '../../db/now.ts'
import { insertWakes } from '../../sending/lane-store.ts'

/** Leads planned in one transaction: memory stays flat, and a kill costs at most this much work. */
const batchSize = 1000

/**
 * Enrols the next leads of one launched campaign and plans their first emails, with the wakes of
 * their lanes, in one transaction; returns how many were planned, undefined when no campaign waits.
 */
export async function enrolNextLeads(db: Db): Promise<number | undefined> {
  return db.transaction().execute(async (trx) => {
    const campaign = await lockCampaignToEnrol(trx)
    if (!campaign) return undefined
    const configuration = campaignConfiguration.safeParse(campaign.configuration)
    if (!configuration.success) {
      await setCampaignPaused(
        trx,
        campaign,
        `its configuration cannot be read: ${configuration.error.message}`,
      )
      return 0
    }
    const tag = configuration.data.audience?.tag ?? null
    const leads = await listLeadsToEnrol(trx, campaign, tag, batchSize)
    const plan = await planOrRefuse(trx, campaign, configuration.data, leads)
    if ('refusal' in plan) {
      await setCampaignPaused(trx, campaign, plan.refusal)
      return 0
    }
    const inserted = await insertEnrolments(trx, plan.planned)
    await insertWakes(trx, wakesOf(inserted))
    await setEnrolmentProgress(trx, campaign, {
      enrolledThrough: leads.at(-1)?.id ?? null,
      complete: leads.length < batchSize,
      rotation: plan.rotation,
    })
    return inserted.length
  })
}

type Plan = { planned: PlannedEmail[]; rotation: RotationState[] }

// A campaign that cannot be planned is paused with the reason, and holds up no other.
async function planOrRefuse(
  ...input: Parameters<typeof planFirstEmails>
): Promise<Plan | { refusal: string }> {
  try {
    return await planFirstEmails(...input)
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid_input') return { refusal: error.message }
    throw error
  }
}

async function planFirstEmails(
  trx: Trx,
  campaign: Campaign,
  configuration: CampaignConfiguration,
  leads: readonly LeadToEnrol[],
): Promise<Plan> {
  const reference = { tenantId: campaign.tenant_id, id: campaign.id }
  const steps = await listSteps(trx, reference)
  const [firstStep] = steps
  const mailboxes = await listRotation(trx, reference)
  if (!firstStep) throw new AppError('invalid_input', 'the campaign has no active step')
  const window = windowOf(configuration)
  const { sends, states } = spread({
    leads: leads.map((lead) => ({ id: lead.id, zone: lead.timezone })),
    mailboxes: mailboxes.map(({ nextSlotAt, plannedOn, plannedCount, ...mailbox }) => ({
      ...mailbox,
      state: { nextSlotAt, plannedOn, plannedCount },
    })),
    window,
    zone: campaign.timezone,
    now: await readNow(trx),
    seed: campaign.seed,
    days: await openDays(trx, campaign, steps, window),
  })
  const weights = firstStep.variants.map((variant) => variant.weight)
  const addressOf = new Map(leads.map((lead) => [lead.id, lead.email]))
  const planned = sends.map((send) => ({
    id: newId(),
    tenantId: campaign.tenant_id,
    campaignId: campaign.id,
    leadId: send.leadId,
    stepId: firstStep.id,
    variant: chooseVariant(weights, { seed: campaign.seed, leadId: send.leadId, stepId: firstStep.id }),
    mailboxId: send.mailboxId,
    lane: campaign.lane,
    to: addressOf.get(send.leadId) ?? '',
    dueAt: send.dueAt,
    isFollowUp: false,
  }))
  return { planned, rotation: [...states].map(([mailboxId, state]) => ({ mailboxId, ...state })) }
}

/** One wake for each lane, at its earliest email. */
export function wakesOf(emails: readonly Pick<PlannedEmail, 'tenantId' | 'mailboxId' | 'lane' | 'dueAt'>[]) {
  const earliest = new Map<
    string,
    { tenantId: string; mailboxId: string; lane: Campaign['lane']; at: Date }
  >()
  for (const { tenantId, mailboxId, lane, dueAt } of emails) {
    const known = earliest.get(`${mailboxId}:${lane}`)
    if (!known || dueAt < known.at) {
      earliest.set(`${mailboxId}:${lane}`, { tenantId, mailboxId, lane, at: dueAt })
    }
  }
  return [...earliest.values()]
}
