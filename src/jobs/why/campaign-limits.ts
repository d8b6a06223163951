import { startOfNextDay } from '../../core/civil-time.ts'
import type { Db } from '../../db/connect.ts'
import { type OwnCharge, ownCharges, takeOwn } from '../../sending/own-budgets.ts'
import type { LoadedEmail } from '../../why/email-store.ts'
import type { EmailFacts } from '../../why/facts.ts'
import { listBudgets } from '../../why/lane-store.ts'

type Limit = NonNullable<EmailFacts['limit']>
type AskedEmail = LoadedEmail & { now: Date }

/** Which of these emails the day's limits of their campaigns would refuse now, by their ids. */
export async function loadCampaignLimits(db: Db, emails: readonly AskedEmail[]): Promise<Map<string, Limit>> {
  const asked = emails.map((email) => ({ email, charges: chargesOf(email) }))
  const keys = [...new Set(asked.flatMap(({ charges }) => charges.map(({ key }) => key)))]
  if (keys.length === 0) return new Map()
  const byKey = new Map((await listBudgets(db, keys)).map((budget) => [budget.key, budget]))
  return new Map(
    asked.flatMap(({ email, charges }): [string, Limit][] => {
      const budgets = new Map(charges.map(({ key }) => [key, byKey.get(key) ?? { key, ...untouched }]))
      const verdict = takeOwn(charges, budgets, email.now)
      return verdict.kind === 'refused' ? [[email.id, verdict]] : []
    }),
  )
}

const untouched = { used: 0, buckets: [], bucketAt: null, readyAt: null }

function chargesOf(email: AskedEmail): OwnCharge[] {
  const {
    campaignId: id,
    campaignZone: timezone,
    campaignDailyLimit,
    newLeadsPerDay,
    tenantId,
    to,
    now,
  } = email
  if (id === null || timezone === null) return []
  const facts = {
    tenantId,
    toDomain: to,
    recipientProvider: to,
    isFollowUp: email.isFollowUp,
    campaign: { id, timezone, dailyLimit: campaignDailyLimit, newLeadsPerDay },
  }
  // What a minute may hold has passed before anybody has read of it.
  const noMinutes = { domainPerMinute: null, providerPerMinute: null }
  return ownCharges(facts, noMinutes, now, (zone) => startOfNextDay(now, zone))
}
