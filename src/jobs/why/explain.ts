import type { Db } from '../../db/connect.ts'
import { explainCampaign } from '../../why/campaign.ts'
import { schedulerWorks } from '../../why/causes.ts'
import { findEmail, findSuppression, type LoadedEmail, listEmailsOfLead } from '../../why/email-store.ts'
import type { Explanation } from '../../why/facts.ts'
import {
  countLeads,
  findCampaign,
  findTenantStatus,
  listGroups,
  listPausedCampaigns,
  listSequences,
} from '../../why/group-store.ts'
import type { EmailGroup } from '../../why/groups.ts'
import { explainLead } from '../../why/lead.ts'
import { explainMailbox } from '../../why/mailbox.ts'
import type { Subject } from '../../why/subject-store.ts'
import { explainTenant } from '../../why/tenant.ts'
import { explainLoaded } from './email-facts.ts'
import { loadLanes, readFleet } from './load-lanes.ts'

/** What the subject waits for and until when, or what ended it; undefined if it has gone meanwhile. Changes nothing. */
export function explain(db: Db, subject: Subject): Promise<Explanation | undefined> {
  return explainers[subject.type](db, subject)
}

const explainers: Record<Subject['type'], (db: Db, subject: Subject) => Promise<Explanation | undefined>> = {
  async email(db, { tenantId, id }) {
    const email = await findEmail(db, tenantId, id)
    return email && (await explainLoaded(db, tenantId, [email]))[0]
  },

  async lead(db, { tenantId, id, name }) {
    const emails = await listEmailsOfLead(db, tenantId, id)
    const explained = await explainLoaded(db, tenantId, emails)
    const sequences = await listSequences(db, tenantId, id)
    return explainLead({
      id,
      address: name,
      now: new Date(),
      suppression: await findSuppression(db, tenantId, name),
      sequences: sequences.map(
        ({ campaignId, campaign, campaignStatus, campaignReason, guardPaused, ...enrolment }) => ({
          campaignId,
          campaign,
          campaignStatus,
          campaignReason,
          guardPaused,
          enrolment,
          emails: explained.filter((_, index) => isOf(emails[index], campaignId)),
        }),
      ),
    })
  },

  async campaign(db, { tenantId, id }) {
    const campaign = await findCampaign(db, tenantId, id)
    const groups = await listGroups(db, tenantId, { campaignId: id })
    const leads = await countLeads(db, tenantId, id)
    const lanes = await lanesOf(db, tenantId, groups)
    return (
      campaign &&
      explainCampaign({
        ...campaign,
        groups,
        leads,
        lanes,
        schedulerWorks: schedulerWorks(await readFleet(db)),
      })
    )
  },

  async mailbox(db, { tenantId, id }) {
    const lanes = await loadLanes(db, tenantId, [id])
    const groups = await listGroups(db, tenantId, { mailboxId: id })
    return explainMailbox({ lanes: [...lanes.values()], groups })
  },

  async tenant(db, { tenantId, name }) {
    const groups = await listGroups(db, tenantId, {})
    const lanes = await lanesOf(db, tenantId, groups)
    const pausedCampaigns = await listPausedCampaigns(db, tenantId)
    const fleet = await readFleet(db)
    const status = await findTenantStatus(db, tenantId)
    return explainTenant({
      id: tenantId,
      name,
      status,
      groups,
      lanes,
      pausedCampaigns,
      schedulerWorks: schedulerWorks(fleet),
    })
  },
}

const isOf = (email: LoadedEmail | undefined, campaignId: string): boolean => email?.campaignId === campaignId

/** Of mailboxes with something that has not ended. */
function lanesOf(db: Db, tenantId: string, groups: readonly EmailGroup[]) {
  const open = groups.filter(({ status }) => status === 'scheduled')
  return loadLanes(
    db,
    tenantId,
    open.map(({ mailboxId }) => mailboxId),
  )
}
