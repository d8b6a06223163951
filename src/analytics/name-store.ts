import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import type { Difference } from './difference-store.ts'

/** With what people call those it is about; one that is gone has no name. */
export interface NamedDifference extends Difference {
  tenant: string | null
  campaign: string | null
  mailbox: string | null
  step: { position: number; name: string } | null
}

export async function nameDifferences(
  db: Db,
  differences: readonly Difference[],
): Promise<NamedDifference[]> {
  const names = await listNames(db, differences)
  const steps = await listSteps(db, differences)
  const nameOf = (id: string | null) => (id === null ? null : (names.get(id) ?? null))
  return differences.map((difference) => ({
    ...difference,
    tenant: nameOf(difference.tenantId),
    campaign: nameOf(difference.campaignId),
    mailbox: nameOf(difference.mailboxId),
    step: difference.stepId === null ? null : (steps.get(difference.stepId) ?? null),
  }))
}

async function listNames(db: Db, differences: readonly Difference[]): Promise<Map<string, string>> {
  const ids = differences.flatMap(({ tenantId, campaignId, mailboxId }) =>
    [tenantId, campaignId, mailboxId].filter((id) => id !== null),
  )
  const { rows } = await sql<{ id: string; name: string }>`
    select id, name from tenants where id = any(${ids}::uuid[])
    union all select id, campaign_name from campaigns where id = any(${ids}::uuid[])
    union all select id, email_address from email_accounts where id = any(${ids}::uuid[])`.execute(db)
  return new Map(rows.map(({ id, name }) => [id, name]))
}

async function listSteps(db: Db, differences: readonly Difference[]) {
  const ids = differences.map(({ stepId }) => stepId).filter((id) => id !== null)
  const { rows } = await sql<{ id: string; position: number; name: string }>`
    select id, position, step_name as name from campaign_steps where id = any(${ids}::uuid[])`.execute(db)
  return new Map(rows.map(({ id, ...step }) => [id, step]))
}
