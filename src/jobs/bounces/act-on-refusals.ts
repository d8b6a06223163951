import { addToCounters, lockAddresses } from '../../bounces/act-store.ts'
import { consequenceOf } from '../../bounces/consequence.ts'
import { counterSteps } from '../../bounces/ledger-change.ts'
import { speaksOfAddress } from '../../bounces/refusal.ts'
import { lockPendingRefusals, type PendingRefusal, setRefusalsEnded } from '../../bounces/refusal-store.ts'
import type { Db, Trx } from '../../db/connect.ts'
import { type FailedAddress, suppressFailing } from './suppress-failing.ts'

const batchSize = 200

/**
 * Does what follows from refusals in our own sessions: suppressions by the policy for reports, and the counters. The note of a
 * refusal is committed with its settlement and ends with what follows from it, so that none is lost or counted twice.
 */
export async function actOnRefusals(db: Db): Promise<{ refusals: number; more: boolean }> {
  return db.transaction().execute(async (trx) => {
    const refusals = await lockPendingRefusals(trx, batchSize)
    if (refusals.length > 0) await act(trx, refusals)
    return { refusals: refusals.length, more: refusals.length === batchSize }
  })
}

async function act(trx: Trx, refusals: readonly PendingRefusal[]): Promise<void> {
  const addresses = refusals.map(({ tenantId, to }) => ({ tenantId, address: to }))
  await lockAddresses(trx, addresses)
  await suppressFailing(trx, refusals.filter(({ reason }) => speaksOfAddress(reason)).map(failedAddress))
  const steps = refusals.flatMap((refusal) => {
    const counter = consequenceOf(refusal)?.counter
    return counter ? counterSteps(refusal, counter) : []
  })
  await addToCounters(trx, steps)
  await setRefusalsEnded(trx, refusals)
}

function failedAddress(refusal: PendingRefusal): FailedAddress {
  const { tenantId, tenantSettings, to, emailId, reason, permanent, at, status, smtpCode, diagnostic } =
    refusal
  const said = { status, smtpCode, diagnostic: diagnostic?.slice(0, 300) ?? null }
  return {
    tenantId,
    tenantSettings,
    address: to,
    failure: { emailId, reason, permanent, at, diagnostic, proven: true },
    evidence: { refusalId: refusal.id, emailId, matchedBy: 'session', ...said },
  }
}
