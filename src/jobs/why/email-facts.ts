import type { Db } from '../../db/connect.ts'
import type { Candidate, WindowOpening } from '../../sending/claim.ts'
import { explainEmail } from '../../why/email.ts'
import { findSuppression, type LoadedEmail } from '../../why/email-store.ts'
import type { EmailFacts, Explanation, LaneFacts, SuppressionFacts } from '../../why/facts.ts'
import { laneId } from '../../why/groups.ts'
import { createWindowOpening } from '../sending/window-opening.ts'
import { loadCampaignLimits } from './campaign-limits.ts'
import { loadLanes } from './load-lanes.ts'

/** In the order of the emails. */
export async function explainLoaded(
  db: Db,
  tenantId: string,
  emails: readonly LoadedEmail[],
): Promise<Explanation[]> {
  const lanes = await loadLanes(
    db,
    tenantId,
    emails.map(({ mailboxId }) => mailboxId),
  )
  const limits = await loadCampaignLimits(
    db,
    emails.flatMap((email) => {
      const now = lanes.get(laneId(email))?.now
      return now && email.status === 'scheduled' ? [{ ...email, now }] : []
    }),
  )
  const windowOpening = createWindowOpening()
  const explained: Explanation[] = []
  for (const email of emails) {
    const lane = lanes.get(laneId(email))
    if (!lane) continue
    const suppression = await findSuppression(db, tenantId, email.to)
    const limit = limits.get(email.id) ?? null
    explained.push(explainEmail({ ...factsOf(email, lane, suppression, windowOpening), limit }))
  }
  return explained
}

function factsOf(
  email: LoadedEmail,
  lane: LaneFacts,
  suppression: SuppressionFacts | null,
  windowOpening: WindowOpening,
): Omit<EmailFacts, 'limit'> {
  const {
    campaignName: name,
    campaignStatus: status,
    campaignReason: statusReason,
    step,
    guardPaused,
  } = email
  return {
    email,
    lane,
    campaign: name !== null && status !== null ? { name, status, statusReason, guardPaused, step } : null,
    enrolment: enrolmentOf(email),
    suppression,
    cooldown: cooldownOf(email),
    window: windowFor(email, lane.now, windowOpening),
  }
}

function enrolmentOf(email: LoadedEmail): EmailFacts['enrolment'] {
  const { enrolmentStatus: status, stoppedCode, stoppedReason, endedAt, heldUntil, planAt } = email
  return status === null ? null : { status, stoppedCode, stoppedReason, endedAt, heldUntil, planAt }
}

function cooldownOf(email: LoadedEmail): EmailFacts['cooldown'] {
  const { cooldownProvider: provider, cooldownUntil: until, cooldownReason: reason } = email
  return provider === null || until === null ? null : { provider, until, reason: reason ?? '' }
}

/** As the claim asks it. A campaign that cannot be read is no matter of time: the claim notes it on the email. */
function windowFor(email: LoadedEmail, now: Date, windowOpening: WindowOpening): EmailFacts['window'] {
  const { campaignId: id, campaignZone: timezone, configuration, firstDueAt } = email
  if (id === null || timezone === null || email.status !== 'scheduled') return undefined
  const campaign = { id, timezone, configuration } as Candidate['campaign']
  const lead = { timezone: email.leadZone } as Candidate['lead']
  try {
    const { opensAt = null, staleAt = null } = windowOpening({ campaign, lead, firstDueAt } as Candidate, now)
    return { opensAt, staleAt }
  } catch {
    return undefined
  }
}
