import { listFailures } from '../../bounces/act-store.ts'
import type { BounceFact } from '../../bounces/ledger-change.ts'
import {
  type AddressFailure,
  decideSuppression,
  type Suppressed,
  suppressionPolicy,
} from '../../bounces/policy.ts'
import type { Trx } from '../../db/connect.ts'
import type { NewSuppression } from '../../suppression/store.ts'
import { suppress } from '../suppress.ts'
import type { ReadReport } from './read-report.ts'

/** Suppresses the addresses whose failures have become too many for their tenant's policy. */
export async function suppressFailing(
  trx: Trx,
  facts: readonly BounceFact[],
  reports: readonly ReadReport[],
): Promise<void> {
  const relevant = facts.filter(({ consequence }) => consequence.event !== null)
  if (relevant.length === 0) return
  const earlier = await listFailures(trx, distinctAddresses(relevant))
  const byTenant = new Map<string, NewSuppression[]>()
  for (const fact of relevant) {
    const report = reports.find(({ stored }) => stored.id === fact.reportId)
    const { policy } = suppressionPolicy(report?.stored.tenantSettings)
    const { tenantId, to } = fact.email
    const own = earlier.filter((one) => one.tenantId === tenantId && one.address === to)
    const decided = decideSuppression(to, failureOf(fact), own, policy)
    if (!decided) continue
    const list = byTenant.get(tenantId) ?? []
    byTenant.set(tenantId, [...list, toSuppression(decided, fact, report)])
  }
  for (const [tenantId, suppressions] of [...byTenant].sort(([a], [b]) => (a < b ? -1 : 1)))
    await suppress(trx, tenantId, suppressions)
}

function distinctAddresses(facts: readonly BounceFact[]): { tenantId: string; address: string }[] {
  const pairs = facts.map(
    ({ email: { tenantId, to } }) => [`${tenantId} ${to}`, { tenantId, address: to }] as const,
  )
  return [...new Map(pairs).values()]
}

function failureOf({ email, recipient, matchedBy, at }: BounceFact): AddressFailure {
  return {
    emailId: email.id,
    reason: recipient.reason,
    permanent: recipient.permanent ?? false,
    at,
    diagnostic: recipient.diagnostic,
    proven: matchedBy !== 'recency' && matchedBy !== 'original_recipient',
  }
}

/** The evidence is what an operator needs to judge it a year later, when the report is long gone. */
function toSuppression(
  { scope, value, reason, source, expiresAt, events, since }: Suppressed,
  { email, recipient, reportId, matchedBy }: BounceFact,
  report: ReadReport | undefined,
): NewSuppression {
  const { status, smtpCode, diagnostic } = recipient
  const evidence = {
    reportId,
    reportMessageId: report?.stored.messageId ?? null,
    emailId: email.id,
    matchedBy,
    status,
    smtpCode,
    diagnostic: diagnostic?.slice(0, 300) ?? null,
    events,
    since,
  }
  return { scope, value, reason, source, expiresAt, evidence }
}
