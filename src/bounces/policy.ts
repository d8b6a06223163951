import { z } from 'zod'
import { domainOf } from '../core/email-address.ts'
import { isFreeMail } from '../core/free-mail.ts'
import type { Reason } from './verdict.ts'

const day = 86_400_000

/** After how many failed emails, the first and the last of them how far apart, an address is mailed no more. */
const rule = z.strictObject({
  events: z.int().min(1).max(1000),
  days: z.number().min(0).max(365).default(0),
  /** Where the refusals were temporary. Absent: as `events`; `never`: these do not count. */
  temporaryEvents: z.union([z.int().min(1).max(1000), z.literal('never')]).optional(),
  /** Null: for ever. Absent: as the policy says. */
  expireDays: z.int().min(1).max(3650).nullable().optional(),
})

type Rule = z.infer<typeof rule>

const reasons = z.enum([
  ...(['invalid_recipient', 'invalid_domain', 'moved', 'inactive_mailbox', 'mailbox_full'] as const),
  ...(['recipient_filtered', 'suppressed_by_provider', 'expired', 'connection', 'remote_error'] as const),
  ...(['relay_denied', 'unknown'] as const),
])

/** Reasons that can suppress an address, and the only ones: what is refused for our sake is no fault of the address. */
type SuppressingReason = z.infer<typeof reasons>

/** `tenants.settings.suppressionPolicy`: what differs from the defaults. */
const suppressionSettings = z.strictObject({
  reasons: z.partialRecord(reasons, z.union([rule, z.literal('never')])).default({}),
  /** How long an address stays suppressed whose failures may pass. */
  expireDays: z.int().min(1).max(3650).default(180),
})

export interface SuppressionPolicy {
  rules: Readonly<Partial<Record<SuppressingReason, Rule | 'never'>>>
  expireDays: number
}

// The table of docs/suppressions.md. Counts and days are engineering proposals: tenants may set others.
const defaults: SuppressionPolicy['rules'] = {
  invalid_recipient: { events: 1, days: 0, temporaryEvents: 2, expireDays: null },
  invalid_domain: { events: 1, days: 0, temporaryEvents: 2 },
  moved: { events: 1, days: 0, temporaryEvents: 2, expireDays: null },
  suppressed_by_provider: { events: 1, days: 0, temporaryEvents: 'never' },
  inactive_mailbox: { events: 2, days: 7 },
  mailbox_full: { events: 3, days: 14 },
  recipient_filtered: { events: 2, days: 7, temporaryEvents: 'never' },
  relay_denied: { events: 2, days: 7, temporaryEvents: 'never' },
  expired: { events: 5, days: 30 },
  unknown: { events: 3, days: 0, temporaryEvents: 'never' },
}

/** What the tenant's settings say; settings that are not valid are as none, and `problem` says so. */
export function suppressionPolicy(settings: unknown): {
  policy: SuppressionPolicy
  problem: string | undefined
} {
  const own = (settings as { suppressionPolicy?: unknown } | null)?.suppressionPolicy ?? {}
  const read = suppressionSettings.safeParse(own)
  const { reasons: changed, expireDays } = read.success ? read.data : suppressionSettings.parse({})
  return {
    policy: { rules: { ...defaults, ...changed }, expireDays },
    problem: read.success ? undefined : z.prettifyError(read.error),
  }
}

/** One failed email to the address; a failure that two reports tell of is one. */
export interface AddressFailure {
  emailId: string
  reason: Reason
  permanent: boolean
  at: Date
  diagnostic: string | null
  /** Whether an id of ours proves that the report is about our email, and it names our recipient. */
  proven: boolean
}

export interface Suppressed {
  scope: 'address' | 'domain'
  value: string
  reason: Reason
  source: 'bounce' | 'complaint' | 'unsubscribe'
  expiresAt: Date | null
  /** Failures that led to it, and the first of them. */
  events: number
  since: Date
}

/**
 * Whether this failure, after the earlier ones, ends all mail to the address. `earlier` holds failures since the
 * address last showed life. A complaint or an unsubscribe is for ever.
 */
export function decideSuppression(
  address: string,
  failure: AddressFailure,
  earlier: readonly AddressFailure[],
  policy: SuppressionPolicy,
): Suppressed | undefined {
  const base = { scope: 'address', value: address, reason: failure.reason, since: failure.at } as const
  if (failure.reason === 'complaint' || failure.reason === 'unsubscribe')
    return { ...base, source: failure.reason, expiresAt: null, events: 1 }
  const applied = ruleFor(policy, failure)
  if (!applied) return undefined
  const counted = countedFailures(failure, earlier, applied)
  const times = counted.map(({ at }) => at.getTime())
  const since = new Date(Math.min(...times))
  const enough = counted.length >= wantedEvents(counted, applied)
  if (!enough || Math.max(...times) - since.getTime() < applied.days * day) return undefined
  const gone = failure.reason === 'invalid_domain' && failure.proven && isDomainGone(failure)
  // Those of free mail are there: a server that says otherwise has trouble with its name server.
  const whole = gone && !isFreeMail(domainOf(address))
  const days = applied.expireDays === undefined ? policy.expireDays : applied.expireDays
  return {
    ...base,
    ...(whole ? { scope: 'domain', value: domainOf(address) } : {}),
    source: 'bounce',
    expiresAt: days === null ? null : new Date(failure.at.getTime() + days * day),
    events: counted.length,
    since,
  }
}

function ruleFor(policy: SuppressionPolicy, { reason, permanent }: AddressFailure): Rule | undefined {
  const known = reasons.safeParse(reason)
  const applied = known.success ? policy.rules[known.data] : undefined
  if (applied === undefined || applied === 'never') return undefined
  return permanent || applied.temporaryEvents !== 'never' ? applied : undefined
}

/** Failures for the same reason, one for each email, as far as they count. */
function countedFailures(
  failure: AddressFailure,
  earlier: readonly AddressFailure[],
  { temporaryEvents }: Rule,
): AddressFailure[] {
  const same = earlier.filter(
    ({ reason, permanent, emailId }) =>
      reason === failure.reason && emailId !== failure.emailId && (permanent || temporaryEvents !== 'never'),
  )
  return [failure, ...new Map(same.map((one) => [one.emailId, one])).values()]
}

function wantedEvents(counted: readonly AddressFailure[], { events, temporaryEvents }: Rule): number {
  const allTemporary = counted.every(({ permanent }) => !permanent)
  return allTemporary && typeof temporaryEvents === 'number' ? temporaryEvents : events
}

const noSuchDomain =
  /\bnxdomain\b|\bnull ?mx\b|nullmx|non-?existent domain|domain (?:name )?(?:does not exist|not found)|no such domain|host or domain name not found|unrouteable mail domain|\b556[ -]/i
const passingTrouble = /try again|timed? ?out|temporar|servfail/i

/** The text says that the domain is not there or takes no mail (RFC 7505), not that a look-up failed. */
function isDomainGone({ permanent, diagnostic }: AddressFailure): boolean {
  return permanent && noSuchDomain.test(diagnostic ?? '') && !passingTrouble.test(diagnostic ?? '')
}
