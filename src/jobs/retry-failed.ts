import { lockCampaign, setCampaignReopened } from '../campaigns/reopen-store.ts'
import type { Db, Trx } from '../db/connect.ts'
import { insertWakes } from '../sending/lane-store.ts'
import {
  type FailedEmail,
  listFailedEmails,
  lockFailedEmails,
  type RetryFilter,
  setRetried,
} from '../sending/retry-store.ts'
import { insertAudit } from '../tenants/audit-store.ts'

export interface Retry {
  /** Emails that go out again, by why they had failed. */
  retried: Record<string, number>
  /** Emails that stay failed, by what forbids it. */
  left: Record<string, number>
}

const batchSize = 1000
const code = 'retried_by_operator'
const reason = 'an operator lets it go out again'
const firstId = '00000000-0000-0000-0000-000000000000'

/**
 * Lets failed emails of a campaign go out again, a batch a transaction with an audit entry each: only those that were proven
 * not sent, none that is suppressed or whose sequence has ended for another reason. A completed campaign is reopened.
 */
export function retryFailed(db: Db, filter: RetryFilter, actor: string): Promise<Retry> {
  return inBatches((afterId) => db.transaction().execute((trx) => retryBatch(trx, filter, afterId, actor)))
}

/** What `retryFailed` would do now. Changes nothing. */
export function previewRetry(db: Db, filter: RetryFilter): Promise<Retry> {
  return inBatches((afterId) => listFailedEmails(db, filter, afterId, batchSize))
}

async function inBatches(next: (afterId: string) => Promise<FailedEmail[]>): Promise<Retry> {
  const total: Retry = { retried: {}, left: {} }
  for (let afterId = firstId; ; ) {
    const emails = await next(afterId)
    count(total, emails)
    const last = emails.at(-1)
    if (!last || emails.length < batchSize) return total
    afterId = last.id
  }
}

async function retryBatch(
  trx: Trx,
  filter: RetryFilter,
  afterId: string,
  actor: string,
): Promise<FailedEmail[]> {
  const { tenantId, campaignId } = filter
  await lockCampaign(trx, { tenant_id: tenantId, id: campaignId })
  const emails = await lockFailedEmails(trx, filter, afterId, batchSize)
  const free = emails.filter(({ leftFor }) => leftFor === null)
  if (free.length === 0) return emails
  const lanes = await setRetried(trx, free, { code, reason })
  await setCampaignReopened(trx, { tenant_id: tenantId, id: campaignId })
  await insertWakes(
    trx,
    lanes.map((lane) => ({ ...lane, inMs: 0 })),
  )
  const details = { reasonCode: filter.code, emails: free.map(({ id }) => id) }
  const entity = { entityType: 'campaign', entityId: campaignId }
  await insertAudit(trx, { tenantId, actor, action: 'emails.retried', ...entity, details })
  return emails
}

function count({ retried, left }: Retry, emails: readonly FailedEmail[]): void {
  for (const email of emails) {
    const [counts, key] = email.leftFor === null ? [retried, email.code] : [left, email.leftFor]
    counts[key] = (counts[key] ?? 0) + 1
  }
}
