import { AppError } from '../core/errors.ts'
import type { Db } from '../db/connect.ts'
import { readNow } from '../db/now.ts'
import { type CampaignSender, listAudience, listSenders } from './audience-store.ts'
import { campaignConfiguration, windowOf } from './configuration.ts'
import { type PreviousEmail, type RenderedEmail, renderStep, type StepContent } from './content.ts'
import { stepDelay } from './delay.ts'
import { audienceOf } from './launch.ts'
import { leadZone } from './lead-zone.ts'
import { openDays } from './open-days.ts'
import { listLeadsToEnrol, listRotation } from './planner-store.ts'
import { listWaitingEmails } from './preview-store.ts'
import { followUpDueAt, type PlannedSend, spread } from './spread.ts'
import { type Campaign, listSteps, type StepText } from './store.ts'
import type { LeadFields } from './variables.ts'
import { chooseVariant, contentOf, variantName } from './variants.ts'

export interface PreviewedEmail extends RenderedEmail {
  to: string
  mailbox: string
  dueAt: Date
  /** The lead's, in which the sending window is meant. */
  zone: string
  /** `variant`: A, B, …; empty where the step has none. */
  step: { position: number; name: string; variant: string }
}

export interface Preview {
  emails: PreviewedEmail[]
  /** Of the first lead: what follows if each email goes out on time. Only of a draft. */
  followUps: PreviewedEmail[]
  /** When the last lead gets its first email, limits kept. Only of a draft that has leads. */
  lastFirstEmailAt: Date | null
}

/** A draft's earliest sends are looked for among as many leads. */
const plannedLeads = 1000
/** The rest is planned for its end alone, so many at a time. */
const batchSize = 5000

/** The first `count` sends of a campaign as they would go out; writes nothing. Throws `invalid_input` for a blank. */
export async function previewCampaign(db: Db, campaign: Campaign, count: number): Promise<Preview> {
  const desk = await openDesk(db, campaign)
  return campaign.status === 'draft' ? previewDraft(db, desk, count) : previewWaiting(db, desk, count)
}

/** What every text of the campaign is made with. */
interface Desk {
  campaign: Campaign
  steps: readonly StepText[]
  senders: ReadonlyMap<string, CampaignSender>
}

async function openDesk(db: Db, campaign: Campaign): Promise<Desk> {
  const steps = await listSteps(db, { tenantId: campaign.tenant_id, id: campaign.id })
  const senders = await listSenders(db, campaign)
  return { campaign, steps, senders: new Map(senders.map((sender) => [sender.mailboxId, sender])) }
}

async function previewDraft(db: Db, desk: Desk, count: number): Promise<Preview> {
  const { campaign, steps } = desk
  const [firstStep, ...laterSteps] = steps
  const leads = await listAudience(db, audienceOf(campaign), null, Math.max(plannedLeads, count))
  const leadOf = new Map(leads.map((lead) => [lead.id, lead]))
  const planner = await openPlanner(db, campaign, steps)
  const planned = planner.plan(leads).toSorted((a, b) => a.dueAt.getTime() - b.dueAt.getTime())
  const sends = planned.slice(0, count).flatMap((send) => {
    const lead = leadOf.get(send.leadId)
    return lead && firstStep ? [{ ...send, lead, ...chosen(campaign, firstStep, lead) }] : []
  })
  const emails = sends.map((send) => write(desk, send))
  const [first] = sends
  const followUps = first ? writeFollowUps(desk, first, laterSteps) : []
  return { emails, followUps, lastFirstEmailAt: await planToTheEnd(db, campaign, planner, planned, leads) }
}

/** Plans a draft's leads in the order in which they will be enrolled, as the scheduler would now. */
async function openPlanner(db: Db, campaign: Campaign, steps: readonly StepText[]) {
  const window = windowOf(campaignConfiguration.parse(campaign.configuration))
  const rotation = await listRotation(db, { tenantId: campaign.tenant_id, id: campaign.id })
  const common = { window, zone: campaign.timezone, now: await readNow(db), seed: campaign.seed }
  const days = await openDays(db, campaign, steps, window)
  let mailboxes = rotation.map(({ nextSlotAt, plannedOn, plannedCount, ...mailbox }) => ({
    ...mailbox,
    state: { nextSlotAt, plannedOn, plannedCount },
  }))
  return {
    plan(leads: readonly { id: string; timezone: string | null }[]): PlannedSend[] {
      if (leads.length === 0) return []
      const zoned = leads.map((lead) => ({ id: lead.id, zone: lead.timezone }))
      const { sends, states } = spread({ ...common, days, mailboxes, leads: zoned })
      mailboxes = mailboxes.map((mailbox) => ({ ...mailbox, state: states.get(mailbox.id) ?? mailbox.state }))
      return sends
    },
  }
}

async function planToTheEnd(
  db: Db,
  campaign: Campaign,
  planner: Awaited<ReturnType<typeof openPlanner>>,
  planned: readonly PlannedSend[],
  leads: readonly LeadFields[],
): Promise<Date | null> {
  let lastMs = planned.at(-1)?.dueAt.getTime()
  let after = leads.at(-1)?.id
  while (after !== undefined) {
    const audience = audienceOf(campaign)
    const from = { tenant_id: campaign.tenant_id, enrolled_through: after }
    const batch = await listLeadsToEnrol(db, from, audience.tag ?? null, batchSize)
    for (const { dueAt } of planner.plan(batch)) lastMs = Math.max(lastMs ?? 0, dueAt.getTime())
    after = batch.length === batchSize ? batch.at(-1)?.id : undefined
  }
  return lastMs === undefined ? null : new Date(lastMs)
}

interface Send {
  lead: LeadFields
  step: StepText
  variant: number | null
  mailboxId: string
  dueAt: Date
}

// As the planner will.
function chosen({ seed }: Campaign, step: StepText, lead: LeadFields): Pick<Send, 'step' | 'variant'> {
  const weights = step.variants.map(({ weight }) => weight)
  return { step, variant: chooseVariant(weights, { seed, leadId: lead.id, stepId: step.id }) }
}

function writeFollowUps(desk: Desk, first: Send, steps: readonly StepText[]): PreviewedEmail[] {
  const configuration = campaignConfiguration.parse(desk.campaign.configuration)
  const zone = leadZone(first.lead.timezone, desk.campaign.timezone)
  const threadSubject = write(desk, first).subject
  let previous = first
  return steps.map((step) => {
    const delay = stepDelay.parse(step.delay)
    const due = { anchor: previous.dueAt, delay, zone, window: windowOf(configuration) }
    const send = { ...previous, ...chosen(desk.campaign, step, first.lead), dueAt: followUpDueAt(due) }
    const email = write(desk, send, {
      content: contentOf(previous.step, previous.variant),
      sentAt: previous.dueAt,
      threadSubject,
    })
    previous = send
    return email
  })
}

async function previewWaiting(db: Db, desk: Desk, count: number): Promise<Preview> {
  const stepOf = new Map(desk.steps.map((step) => [step.id, step]))
  const waiting = await listWaitingEmails(db, desk.campaign, count)
  const emails = waiting.flatMap(({ stepId, previous, threadSubject, ...email }) => {
    const step = stepOf.get(stepId)
    if (!step) return []
    const before = previous && stepOf.get(previous.stepId)
    const thread = before && {
      content: contentOf(before, previous.variant),
      sentAt: new Date(previous.sentAt),
      threadSubject: threadSubject ?? '',
    }
    return [write(desk, { ...email, step }, thread ?? undefined)]
  })
  return { emails, followUps: [], lastFirstEmailAt: null }
}

interface Thread {
  content: StepContent
  sentAt: Date
  threadSubject: string
}

function write(desk: Desk, send: Send, thread?: Thread): PreviewedEmail {
  const { campaign, senders } = desk
  const sender = senders.get(send.mailboxId)
  if (!sender) throw new AppError('not_found', 'a mailbox of the campaign does not exist any more')
  const base = { lead: send.lead, mailbox: sender, seed: campaign.seed, zone: campaign.timezone }
  const previous = thread && send.step.quotePrevious ? quotedEmail(base, thread) : undefined
  const step = contentOf(send.step, send.variant)
  const content = renderStep({ ...base, step, previous, threadSubject: thread?.threadSubject })
  return {
    ...content,
    to: send.lead.email,
    mailbox: sender.address,
    dueAt: send.dueAt,
    zone: leadZone(send.lead.timezone, campaign.timezone),
    step: { position: send.step.position, name: send.step.name, variant: variantName(send.variant) },
  }
}

function quotedEmail(
  base: { lead: LeadFields; mailbox: CampaignSender; seed: number; zone: string },
  { content, sentAt, threadSubject }: Thread,
): PreviousEmail {
  const { text } = renderStep({ ...base, step: { ...content, quotePrevious: false }, threadSubject })
  return { subject: threadSubject, sentAt, text }
}
