import { AppError } from '../core/errors.ts'
import type { Db } from '../db/connect.ts'
import { type Audience, listAudience, listSenders } from './audience-store.ts'
import { type BlankCheck, findBlanks, findSenderBlanks, prepareBlankCheck } from './blanks.ts'
import { campaignConfiguration, closedReason } from './configuration.ts'
import { type Campaign, listSteps } from './store.ts'
import { findUnrenderable } from './trial.ts'
import type { LeadFields } from './variables.ts'
import { contentsOf } from './variants.ts'

/** Leads that are looked at together: memory stays flat. */
const batchSize = 2000
/** Blanks that are kept to be shown; all are counted. */
const shownByDefault = 20

export interface LaunchCheck {
  leads: number
  mailboxes: number
  /** Leads to whom an email would have a blank, with the variables; the first of them. */
  blanks: { email: string; variables: string[] }[]
  blankLeads: number
}

interface LaunchOptions {
  showBlanks?: number
  onProgress?: (leads: number) => void
}

export function audienceOf(campaign: Pick<Campaign, 'tenant_id' | 'configuration'>): Audience {
  const { audience } = campaignConfiguration.parse(campaign.configuration)
  return { tenantId: campaign.tenant_id, tag: audience?.tag }
}

/**
 * Looks at every variable of every lead, and renders the sequence for one of them. Throws `conflict` when the campaign
 * is no draft, `invalid_input` when it has no leads or mailboxes, a window that never opens, or a text that cannot be
 * read or rendered, or that a mailbox would leave blank.
 */
export async function checkLaunch(
  db: Db,
  campaign: Campaign,
  options: LaunchOptions = {},
): Promise<LaunchCheck> {
  if (campaign.status !== 'draft') throw launchedAlready(campaign, campaign.status)
  const now = new Date()
  const closed = closedReason(campaignConfiguration.parse(campaign.configuration), campaign.timezone, now)
  if (closed) throw refusal(campaign, closed)
  const steps = await listSteps(db, { tenantId: campaign.tenant_id, id: campaign.id })
  const check = prepareBlankCheck(steps.flatMap(contentsOf))
  const senders = await listSenders(db, campaign)
  const [mailbox] = senders
  if (!mailbox) throw refusal(campaign, 'it has no mailbox to send from')
  const incomplete = senders.flatMap((sender) =>
    findSenderBlanks(check, sender).map((variable) => `${sender.address}: ${variable} would be blank`),
  )
  if (incomplete.length > 0) throw refusal(campaign, 'its mailboxes have no name to sign with', incomplete)

  const { sample, ...found } = await inspectLeads(db, campaign, check, options)
  if (found.leads === 0) throw refusal(campaign, noLeads(audienceOf(campaign)))
  const base = { mailbox, seed: campaign.seed, zone: campaign.timezone }
  const unrenderable = sample && findUnrenderable(steps, { ...base, lead: sample }, now)
  if (unrenderable) throw refusal(campaign, 'a text of it cannot be made', [unrenderable])
  return { ...found, mailboxes: senders.length }
}

async function inspectLeads(db: Db, campaign: Campaign, check: BlankCheck, options: LaunchOptions) {
  /** The first lead that leaves no blank. */
  let sample: LeadFields | undefined
  const found: Omit<LaunchCheck, 'mailboxes'> = { leads: 0, blanks: [], blankLeads: 0 }
  for await (const lead of streamAudience(db, audienceOf(campaign))) {
    found.leads += 1
    if (found.leads % batchSize === 0) options.onProgress?.(found.leads)
    const variables = findBlanks(check, lead)
    if (variables.length === 0) {
      sample ??= lead
      continue
    }
    found.blankLeads += 1
    if (found.blanks.length < (options.showBlanks ?? shownByDefault))
      found.blanks.push({ email: lead.email, variables })
  }
  return { ...found, sample }
}

/** Throws `invalid_input` that names the leads and variables, if an email would have a blank. */
export function assertNoBlanks(campaign: Pick<Campaign, 'campaign_name'>, check: LaunchCheck): void {
  if (check.blankLeads === 0) return
  const more = check.blankLeads - check.blanks.length
  const details = check.blanks.map(({ email, variables }) => `${email}: ${variables.join(', ')}`)
  throw refusal(
    campaign,
    `${check.blankLeads} of its ${check.leads} leads would get an email with a blank; give them these values, or the ` +
      "templates a fallback like {{ company | default: 'your team' }}",
    more > 0 ? [...details, `and ${more} more leads (--json lists them all)`] : details,
  )
}

export function launchedAlready(campaign: Pick<Campaign, 'campaign_name'>, status: string): AppError {
  return new AppError('conflict', `"${campaign.campaign_name}" was launched already: it is ${status}.`)
}

async function* streamAudience(db: Db, audience: Audience) {
  for (let after: string | null = null; ; ) {
    const leads: Awaited<ReturnType<typeof listAudience>> = await listAudience(db, audience, after, batchSize)
    yield* leads
    const last = leads.at(-1)
    if (!last || leads.length < batchSize) return
    after = last.id
  }
}

const noLeads = ({ tag }: Audience): string =>
  tag === undefined
    ? 'there are no leads; import some: rookery leads import FILE.csv'
    : `no lead has the tag "${tag}"; import some: rookery leads import FILE.csv --tag ${tag}`

function refusal(campaign: Pick<Campaign, 'campaign_name'>, why: string, details: readonly string[] = []) {
  return new AppError('invalid_input', `"${campaign.campaign_name}" cannot be launched: ${why}.`, { details })
}
