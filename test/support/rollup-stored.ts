import type { Db } from '../../src/db/connect.ts'
import { type Figures, keyOf } from './rollup-by-hand.ts'

/** All columns of the three tables, but when a row was written. */
export async function readFigures(db: Db): Promise<Figures> {
  const [steps, days, campaigns] = await Promise.all([
    db.selectFrom('daily_step_analytics').selectAll().execute(),
    db.selectFrom('daily_analytics').selectAll().execute(),
    db.selectFrom('campaign_analytics').selectAll().execute(),
  ])
  return {
    steps: Object.fromEntries(
      steps.map(({ tenant_id, campaign_id, step_id, variant, mailbox_id, date, ...figures }) => [
        keyOf(tenant_id, campaign_id, step_id, variant, mailbox_id, date),
        figures,
      ]),
    ),
    days: Object.fromEntries(
      days
        .map(
          ({
            tenant_id,
            campaign_id,
            mailbox_id,
            date,
            created_at: _created,
            updated_at: _updated,
            ...figures
          }) => [keyOf(tenant_id, campaign_id, mailbox_id, date), figures] as const,
        )
        .filter(([, figures]) => Object.values(figures).some((figure) => figure !== 0)),
    ),
    campaigns: Object.fromEntries(
      campaigns.map(({ tenant_id, campaign_id, step_id, variant, updated_at: _updated, ...figures }) => [
        keyOf(tenant_id, campaign_id, step_id, variant),
        figures,
      ]),
    ),
  }
}
