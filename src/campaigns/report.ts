import type { Db } from '../db/connect.ts'
import { countAudience } from './audience-store.ts'
import { audienceOf } from './launch.ts'
import {
  countLeadEnds,
  type EmailReason,
  type EnrolledLead,
  type LeadEnd,
  type LeadEndCount,
  listEmailReasons,
  listLeadEnds,
  listStepFunnels,
  type StepFunnel,
} from './report-store.ts'
import type { Campaign } from './store.ts'

export interface CampaignReport {
  campaign: string
  status: Campaign['status']
  statusReason: string | null
  startedAt: Date | null
  completedAt: Date | null
  steps: StepFunnel[]
  leads: LeadAccount
  reasons: EmailReason[]
}

/** Every lead of the campaign once. */
export interface LeadAccount {
  total: number
  byEnd: Record<LeadEnd, number>
  /** The same, by reason or by what is waited for. */
  ends: LeadEndCount[]
}

export async function reportCampaign(db: Db, campaign: Campaign): Promise<CampaignReport> {
  const [steps, ends, reasons, toEnrol] = await Promise.all([
    listStepFunnels(db, campaign),
    countLeadEnds(db, campaign),
    listEmailReasons(db, campaign),
    countToEnrol(db, campaign),
  ])
  return {
    campaign: campaign.campaign_name,
    status: campaign.status,
    statusReason: campaign.status_reason,
    startedAt: campaign.started_at,
    completedAt: campaign.completed_at,
    steps,
    leads: accountForLeads(ends, toEnrol, campaign.status),
    reasons,
  }
}

async function countToEnrol(db: Db, campaign: Campaign): Promise<number> {
  if (campaign.enrolled_at) return 0
  return countAudience(db, audienceOf(campaign), campaign.enrolled_through)
}

/** Adds the leads that the planner has not come to yet. */
export function accountForLeads(
  enrolled: readonly LeadEndCount[],
  toEnrol: number,
  status: Campaign['status'],
): LeadAccount {
  const code = status === 'draft' ? 'launch' : 'enrolment'
  const waiting: LeadEndCount[] =
    toEnrol > 0 ? [{ end: 'waiting', code, count: toEnrol, nextDueAt: null }] : []
  const ends = [...enrolled, ...waiting]
  const byEnd = { finished: 0, waiting: 0, stopped: 0, failed: 0, skipped: 0, unknown: 0 }
  for (const { end, count } of ends) byEnd[end] += count
  return { total: ends.reduce((total, { count }) => total + count, 0), byEnd, ends }
}

const waitedFor: Readonly<Record<string, string>> = {
  launch: 'the launch',
  enrolment: 'enrolment by the scheduler',
  first_email: 'their first email to fall due or be sent',
  next_email: 'their next email to fall due or be sent',
  next_step: 'their next step to be planned',
  submitting: "the mail server's answer",
  held: 'somebody to be back, or a delayed email to arrive',
  campaign_paused: 'the campaign to be resumed',
}

/** What leads of `end: waiting` wait for, in words. */
export function describeWait(code: string | null): string {
  return waitedFor[code ?? ''] ?? `another try (${code})`
}

const pageSize = 2000

/** Every enrolled lead, in the order of enrolment. */
export async function* streamLeadEnds(db: Db, campaign: Campaign): AsyncGenerator<EnrolledLead> {
  for (let after: string | null = null; ; ) {
    const page: EnrolledLead[] = await listLeadEnds(db, campaign, after, pageSize)
    yield* page
    const last = page.at(-1)
    if (!last || page.length < pageSize) return
    after = last.leadId
  }
}
