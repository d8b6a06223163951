import { listFailures } from '../../bounces/act-store.ts'
import {
  type AddressFailure,
  decideSuppression,
  type Suppressed,
  suppressionPolicy,
} from '../../bounces/policy.ts'
import type { Trx } from '../../db/connect.ts'
import type { NewSuppression } from '../../suppression/store.ts'
import { suppress } from '../suppress.ts'

/** A failure that was recorded in this transaction, or before it. */
export interface FailedAddress {
  tenantId: string
  /** `tenants.settings`. */
  tenantSettings: unknown
  address: string
  failure: AddressFailure
  /** What an operator needs to judge it a year later, when the report is long gone. */
  evidence: Record<string, unknown>
}

/** Suppresses the addresses whose failures have become too many for their tenant's policy. */
export async function suppressFailing(trx: Trx, failed: readonly FailedAddress[]): Promise<void> {
  if (failed.length === 0) return
  const earlier = await listFailures(trx, distinctAddresses(failed))
  const byTenant = new Map<string, NewSuppression[]>()
  for (const { tenantId, tenantSettings, address, failure, evidence } of failed) {
    const { policy } = suppressionPolicy(tenantSettings)
    const own = earlier.filter((one) => one.tenantId === tenantId && one.address === address)
    const decided = decideSuppression(address, failure, own, policy)
    if (!decided) continue
    const list = byTenant.get(tenantId) ?? []
    byTenant.set(tenantId, [...list, toSuppression(decided, evidence)])
  }
  for (const [tenantId, suppressions] of [...byTenant].sort(([a], [b]) => (a < b ? -1 : 1)))
    await suppress(trx, tenantId, suppressions)
}

function distinctAddresses(failed: readonly FailedAddress[]): { tenantId: string; address: string }[] {
  const pairs = failed.map(
    ({ tenantId, address }) => [`${tenantId} ${address}`, { tenantId, address }] as const,
  )
  return [...new Map(pairs).values()]
}

function toSuppression(
  { scope, value, reason, source, expiresAt, events, since }: Suppressed,
  evidence: Record<string, unknown>,
): NewSuppression {
  return { scope, value, reason, source, expiresAt, evidence: { ...evidence, events, since } }
}
