import type { Insertable } from 'kysely'
import { AppError } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import type { Db, Trx } from '../db/connect.ts'
import type { CampaignStepsTable } from '../db/schema.ts'
import type { CampaignDefinition, ContentDefinition } from './campaign-file.ts'
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
  await insertSteps(trx, key, definition.steps, parts)
  return campaign
}

async function insertSteps(
  trx: Trx,
  key: { tenant_id: string; campaign_id: string },
  definitions: CampaignDefinition['steps'],
  parts: CampaignParts,
): Promise<void> {
  const steps = definitions.map((step, index) => ({ step, id: newId(), position: index + 1 }))
  const rows = steps.map(
    ({ step, id, position }): Insertable<CampaignStepsTable> => ({
      ...key,
      ...contentColumns(step, parts),
      id,
      position,
      step_name: step.id,
      delay: JSON.stringify(step.delay),
      quote_previous: step.quotePrevious,
      has_variants: step.variants.length > 0,
    }),
  )
  await trx.insertInto('campaign_steps').values(rows).execute()
  const variants = steps.flatMap(({ step, id }) =>
    step.variants.map((content, at) => ({
      tenant_id: key.tenant_id,
      step_id: id,
      variant: at + 1,
      weight: content.weight,
      ...contentColumns(content, parts),
    })),
  )
  if (variants.length > 0) await trx.insertInto('campaign_step_variants').values(variants).execute()
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

function contentColumns(content: ContentDefinition, { templateIds }: CampaignParts) {
  return {
    subject: content.subject,
    content: content.html ?? null,
    content_text: content.text ?? null,
    template_id: templateIds.get(content.template ?? '') ?? null,
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
