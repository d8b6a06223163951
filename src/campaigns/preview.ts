import { AppError } from '../core/errors.ts'
import type { Db } from '../db/connect.ts'
import { type CampaignSender, listAudience, listSenders } from './audience-store.ts'
import { campaignConfiguration, windowOf } from './configuration.ts'
import { type PreviousEmail, type RenderedEmail, renderStep } from './content.ts'
import { stepDelay } from './delay.ts'
import { audienceOf } from './launch.ts'
import { leadZone } from './lead-zone.ts'
import { listRotation } from './planner-store.ts'
import { listWaitingEmails } from './preview-store.ts'
import { followUpDueAt, spread } from './spread.ts'
import { type Campaign, listSteps, type StepText } from './store.ts'
import type { LeadFields } from './variables.ts'

export interface PreviewedEmail extends RenderedEmail {
  to: string
  mailbox: string
  dueAt: Date
  /** The lead's, in which the sending window is meant. */
  zone: string
  step: { position: number; name: string }
}

export interface Preview {
  emails: PreviewedEmail[]
  /** Of the first lead: what follows if each email goes out on time. Only of a draft. */
  followUps: PreviewedEmail[]
}

/** A draft's earliest sends are looked for among as many leads. */
const plannedLeads = 1000

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
  const sends = (await planDraft(db, campaign, leads)).slice(0, count).flatMap((send) => {
    const lead = leadOf.get(send.leadId)
    return lead && firstStep ? [{ ...send, lead, step: firstStep }] : []
  })
  const emails = sends.map((send) => write(desk, send))
  const [first] = sends
  return { emails, followUps: first ? writeFollowUps(desk, first, laterSteps) : [] }
}

async function planDraft(db: Db, campaign: Campaign, leads: readonly LeadFields[]) {
  const configuration = campaignConfiguration.parse(campaign.configuration)
  const rotation = await listRotation(db, { tenantId: campaign.tenant_id, id: campaign.id })
  if (leads.length === 0) return []
  const { sends } = spread({
    leads: leads.map((lead) => ({ id: lead.id, zone: lead.timezone })),
    mailboxes: rotation.map(({ nextSlotAt, plannedOn, plannedCount, ...mailbox }) => ({
      ...mailbox,
      state: { nextSlotAt, plannedOn, plannedCount },
    })),
    window: windowOf(configuration),
    zone: campaign.timezone,
    now: new Date(),
    seed: campaign.seed,
  })
  return sends.toSorted((a, b) => a.dueAt.getTime() - b.dueAt.getTime())
}

interface Send {
  lead: LeadFields
  step: StepText
  mailboxId: string
  dueAt: Date
}

function writeFollowUps(desk: Desk, first: Send, steps: readonly StepText[]): PreviewedEmail[] {
  const configuration = campaignConfiguration.parse(desk.campaign.configuration)
  const zone = leadZone(first.lead.timezone, desk.campaign.timezone)
  const threadSubject = write(desk, first).subject
  let previous = first
  return steps.map((step) => {
    const delay = stepDelay.parse(step.delay)
    const due = { anchor: previous.dueAt, delay, zone, window: windowOf(configuration) }
    const send = { ...previous, step, dueAt: followUpDueAt(due) }
    const email = write(desk, send, { step: previous.step, sentAt: previous.dueAt, threadSubject })
    previous = send
    return email
  })
}

async function previewWaiting(db: Db, desk: Desk, count: number): Promise<Preview> {
  const stepOf = new Map(desk.steps.map((step) => [step.id, step]))
  const waiting = await listWaitingEmails(db, desk.campaign, count)
  const emails = waiting.flatMap(({ lead, stepId, mailboxId, dueAt, previous, threadSubject }) => {
    const step = stepOf.get(stepId)
    if (!step) return []
    const before = previous && stepOf.get(previous.stepId)
    const thread = before && {
      step: before,
      sentAt: new Date(previous.sentAt),
      threadSubject: threadSubject ?? '',
    }
    return [write(desk, { lead, step, mailboxId, dueAt }, thread ?? undefined)]
  })
  return { emails, followUps: [] }
}

interface Thread {
  step: StepText
  sentAt: Date
  threadSubject: string
}

function write(desk: Desk, send: Send, thread?: Thread): PreviewedEmail {
  const { campaign, senders } = desk
  const sender = senders.get(send.mailboxId)
  if (!sender) throw new AppError('not_found', 'a mailbox of the campaign does not exist any more')
  const base = { lead: send.lead, mailbox: sender, seed: campaign.seed, zone: campaign.timezone }
  const previous = thread && send.step.quotePrevious ? quotedEmail(base, thread) : undefined
  const content = renderStep({ ...base, step: send.step, previous, threadSubject: thread?.threadSubject })
  return {
    ...content,
    to: send.lead.email,
    mailbox: sender.address,
    dueAt: send.dueAt,
    zone: leadZone(send.lead.timezone, campaign.timezone),
    step: { position: send.step.position, name: send.step.name },
  }
}

function quotedEmail(
  base: { lead: LeadFields; mailbox: CampaignSender; seed: number; zone: string },
  { step, sentAt, threadSubject }: Thread,
): PreviousEmail {
  const { text } = renderStep({ ...base, step: { ...step, quotePrevious: false }, threadSubject })
  return { subject: threadSubject, sentAt, text }
}
