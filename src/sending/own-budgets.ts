import { blockOf, daysOf } from './budgets.ts'
import { type Budget, type Charge, leftOf, takenFrom } from './charge.ts'

/** What an email takes from beside its mailbox's and its tenant's budgets. */
export interface OwnFacts {
  tenantId: string
  toDomain: string
  /** Who receives mail for the domain: a class of MX hosts, or the domain itself. */
  recipientProvider: string
  isFollowUp: boolean
  campaign: CampaignCaps | null
}

export interface CampaignCaps {
  id: string
  timezone: string
  dailyLimit: number | null
  newLeadsPerDay: number | null
}

/** What a tenant sends to one recipient's side, in any minute. */
export interface MinuteCaps {
  domainPerMinute: number | null
  providerPerMinute: number | null
}

/** A charge, and which other emails it would refuse too. */
export interface OwnCharge extends Charge {
  scope: 'campaign' | 'new_leads' | 'domain' | 'provider'
  value: string
}

/** One row each: a minute is too short for the shares of several to be worth what a change of the cap would cost. */
export function ownCharges(
  facts: OwnFacts,
  caps: MinuteCaps,
  now: Date,
  nextDay: (timezone: string) => Date,
): OwnCharge[] {
  const { campaign } = facts
  return [
    ...(campaign ? campaignCharges(campaign, facts.isFollowUp, now, nextDay) : []),
    ...minuteCharges(facts, caps),
  ]
}

function campaignCharges(
  { id, timezone, dailyLimit, newLeadsPerDay }: CampaignCaps,
  isFollowUp: boolean,
  now: Date,
  nextDay: (timezone: string) => Date,
): OwnCharge[] {
  const common = { value: id, nextDay: () => nextDay(timezone) }
  return daysOf(now, timezone).flatMap((day): OwnCharge[] => [
    ...(dailyLimit
      ? [
          {
            ...common,
            scope: 'campaign' as const,
            key: `campaign/${id}/day/${day}`,
            cap: dailyLimit,
            code: 'campaign_daily_limit',
            reason: `the campaign has reached its ${dailyLimit} emails of the day (${timezone})`,
          },
        ]
      : []),
    ...(newLeadsPerDay && !isFollowUp
      ? [
          {
            ...common,
            scope: 'new_leads' as const,
            key: `campaign/${id}/new/${day}`,
            cap: newLeadsPerDay,
            code: 'new_leads_limit',
            reason: `the campaign has reached its ${newLeadsPerDay} new leads of the day (${timezone})`,
          },
        ]
      : []),
  ])
}

function minuteCharges(facts: OwnFacts, caps: MinuteCaps): OwnCharge[] {
  const { tenantId, toDomain, recipientProvider } = facts
  const charges: OwnCharge[] = []
  if (caps.domainPerMinute) {
    charges.push({
      scope: 'domain',
      value: toDomain,
      key: `tenant/${tenantId}/domain/${toDomain}/minute`,
      cap: caps.domainPerMinute,
      code: 'domain_rate',
      reason: `the tenant sends at most ${caps.domainPerMinute} emails a minute to ${toDomain}`,
    })
  }
  if (caps.providerPerMinute) {
    charges.push({
      scope: 'provider',
      value: recipientProvider,
      key: `tenant/${tenantId}/provider/${recipientProvider}/minute`,
      cap: caps.providerPerMinute,
      code: 'provider_rate',
      reason: `the tenant sends at most ${caps.providerPerMinute} emails a minute to ${recipientProvider}`,
    })
  }
  return charges
}

export type OwnVerdict =
  | { kind: 'taken'; keys: string[] }
  /** A budget of it was not locked: nobody knew of the email then. The next claim takes it. */
  | { kind: 'later' }
  | { kind: 'refused'; charge: OwnCharge; until: Date; code: string; reason: string }

/** Takes one from each of the locked budgets, or from none. Writes what is taken into `budgets`. */
export function takeOwn(charges: readonly OwnCharge[], budgets: Map<string, Budget>, now: Date): OwnVerdict {
  for (const charge of charges) {
    const budget = budgets.get(charge.key)
    if (!budget) return { kind: 'later' }
    const left = leftOf(budget, charge, now)
    if (left.count === 0) return { kind: 'refused', charge, ...blockOf(charge, left, now) }
  }
  for (const { key } of charges) {
    const budget = budgets.get(key)
    if (budget) budgets.set(key, takenFrom(budget, 1, now))
  }
  return { kind: 'taken', keys: charges.map((charge) => charge.key) }
}
