import type { Insertable } from 'kysely'
import { AppError } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import type { Db, Trx } from '../db/connect.ts'
import type { CampaignStepsTable } from '../db/schema.ts'
import type { CampaignDefinition } from './campaign-file.ts'
import type { Campaign } from './store.ts'

/** What a definition names, found. */
export interface CampaignParts {
  /** In the order of the rotation. */
  mailboxIds: readonly string[]
  templateIds: ReadonlyMap<string, string>
}

/** The draft with its steps and mailboxes; throws `conflict` when the tenant has a campaign of that name. */
export async function insertCampaign(
  trx: Trx,
  tenantId: string,
  definition: CampaignDefinition,
  parts: CampaignParts,
): Promise<Campaign> {
  const campaign = await trx
    .insertInto('campaigns')
    .values({
      tenant_id: tenantId,
      id: newId(),
      campaign_name: definition.name,
      lane: definition.lane,
      timezone: definition.timezone,
      configuration: JSON.stringify(definition.configuration),
      seed: definition.seed,
      daily_limit: definition.dailyLimit,
      new_leads_per_day: definition.newLeadsPerDay,
    })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'campaign_name']).doNothing())
    .returningAll()
    .executeTakeFirst()
  if (!campaign) throw nameTaken(definition.name)
  const key = { tenant_id: tenantId, campaign_id: campaign.id }
  const mailboxes = parts.mailboxIds.map((id, position) => ({ ...key, email_account_id: id, position }))
  await trx.insertInto('campaign_mailboxes').values(mailboxes).execute()
  const steps = definition.steps.map((step, index): Insertable<CampaignStepsTable> => {
    const template = step.template === undefined ? undefined : parts.templateIds.get(step.template)
    return { ...key, ...toColumns(step), id: newId(), position: index + 1, template_id: template ?? null }
  })
  await trx.insertInto('campaign_steps').values(steps).execute()
  return campaign
}

function nameTaken(name: string): AppError {
  return new AppError(
    'conflict',
    `There already is a campaign named "${name}". Choose another name; a draft may be replaced with --replace.`,
  )
}

/** With its steps and mailboxes; false when there is no draft of that name. */
export async function deleteDraft(db: Db | Trx, tenantId: string, name: string): Promise<boolean> {
  const row = await db
    .deleteFrom('campaigns')
    .where('tenant_id', '=', tenantId)
    .where('campaign_name', '=', name)
    .where('status', '=', 'draft')
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

function toColumns(step: CampaignDefinition['steps'][number]) {
  return {
    step_name: step.id,
    subject: step.subject,
    content: step.html ?? null,
    content_text: step.text ?? null,
    delay: JSON.stringify(step.delay),
    quote_previous: step.quotePrevious,
  }
}

/** Ids of the stored templates by name; those that do not exist are not in it. */
export async function listTemplateIds(
  db: Db,
  tenantId: string,
  names: readonly string[],
): Promise<Map<string, string>> {
  if (names.length === 0) return new Map()
  const rows = await db
    .selectFrom('templates')
    .select(['id', 'template_name'])
    .where('tenant_id', '=', tenantId)
    .where('template_name', 'in', names)
    .where('is_active', '=', true)
    .execute()
  return new Map(rows.map((row) => [row.template_name, row.id]))
}
