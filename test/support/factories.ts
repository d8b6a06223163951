import type { Insertable, Selectable } from 'kysely'
import { newId } from '../../src/core/ids.ts'
import type { Db, Trx } from '../../src/db/connect.ts'
import type {
  CampaignStepsTable,
  CampaignsTable,
  EmailAccountsTable,
  EmailsTable,
  LeadsTable,
  TenantsTable,
} from '../../src/db/schema.ts'

export type Tenant = Selectable<TenantsTable>
export type Mailbox = Selectable<EmailAccountsTable>
export type Campaign = Selectable<CampaignsTable>
export type CampaignStep = Selectable<CampaignStepsTable>
export type Lead = Selectable<LeadsTable>
export type Email = Selectable<EmailsTable>

const wholeDay = ['00:00-24:00']

export const alwaysOpen = {
  mon: wholeDay,
  tue: wholeDay,
  wed: wholeDay,
  thu: wholeDay,
  fri: wholeDay,
  sat: wholeDay,
  sun: wholeDay,
}

let minted = 0

/** Unique within the installation: the process's number and a counter. */
export function mint(word: string): string {
  minted++
  return `${word}-${process.pid.toString(36)}-${newId().slice(-6)}-${minted}`
}

export function insertTenant(
  db: Db | Trx,
  overrides: Partial<Insertable<TenantsTable>> = {},
): Promise<Tenant> {
  return db
    .insertInto('tenants')
    .values({ id: newId(), name: mint('tenant'), ...overrides })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** A mailbox on loopback without a password, with its three lanes; no gap, at most 500 emails a day. */
export async function insertMailbox(
  db: Db | Trx,
  tenantId: string,
  overrides: Partial<Insertable<EmailAccountsTable>> = {},
): Promise<Mailbox> {
  const mailbox = await db
    .insertInto('email_accounts')
    .values({
      tenant_id: tenantId,
      id: newId(),
      email_address: `${mint('mailbox')}@sender.test`,
      display_name: 'Robin Rook',
      smtp_host: '127.0.0.1',
      smtp_port: 25,
      smtp_security: 'none',
      ...overrides,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  const lanes = (['high', 'normal', 'low'] as const).map((lane) => ({
    tenant_id: tenantId,
    email_account_id: mailbox.id,
    lane,
  }))
  await db.insertInto('sending_lanes').values(lanes).execute()
  return mailbox
}

interface CampaignOverrides extends Partial<Insertable<CampaignsTable>> {
  /** One element a step, in order; two steps with a text each if left out. */
  steps?: Partial<Insertable<CampaignStepsTable>>[]
}

/** An active campaign over these mailboxes, in this order, with its steps. A running scheduler sees it whole or not at all. */
export function insertCampaign(
  db: Db | Trx,
  tenantId: string,
  mailboxIds: readonly string[],
  overrides: CampaignOverrides = {},
): Promise<{ campaign: Campaign; steps: CampaignStep[] }> {
  if (db.isTransaction) return insertCampaignRows(db, tenantId, mailboxIds, overrides)
  return db.transaction().execute((trx) => insertCampaignRows(trx, tenantId, mailboxIds, overrides))
}

async function insertCampaignRows(
  db: Db | Trx,
  tenantId: string,
  mailboxIds: readonly string[],
  { steps: stepOverrides = [{}, {}], ...overrides }: CampaignOverrides,
): Promise<{ campaign: Campaign; steps: CampaignStep[] }> {
  const campaign = await db
    .insertInto('campaigns')
    .values({
      tenant_id: tenantId,
      id: newId(),
      campaign_name: mint('campaign'),
      status: 'active',
      configuration: JSON.stringify({ window: alwaysOpen, holidays: [] }),
      seed: 1,
      started_at: new Date(),
      ...overrides,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  await insertRotation(db, campaign, mailboxIds)
  const steps: CampaignStep[] = []
  for (const [index, step] of stepOverrides.entries())
    steps.push(await insertStep(db, campaign, { position: index + 1, ...step }))
  return { campaign, steps }
}

async function insertRotation(
  db: Db | Trx,
  campaign: Campaign,
  mailboxIds: readonly string[],
): Promise<void> {
  if (mailboxIds.length === 0) return
  const rows = mailboxIds.map((mailboxId, position) => ({
    tenant_id: campaign.tenant_id,
    campaign_id: campaign.id,
    email_account_id: mailboxId,
    position,
  }))
  await db.insertInto('campaign_mailboxes').values(rows).execute()
}

function insertStep(
  db: Db | Trx,
  campaign: Campaign,
  overrides: Partial<Insertable<CampaignStepsTable>> & { position: number },
): Promise<CampaignStep> {
  return db
    .insertInto('campaign_steps')
    .values({
      tenant_id: campaign.tenant_id,
      id: newId(),
      campaign_id: campaign.id,
      subject: `Step ${overrides.position}`,
      content_text: `Hello, this is step ${overrides.position}.`,
      ...overrides,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

export function insertLead(
  db: Db | Trx,
  tenantId: string,
  overrides: Partial<Insertable<LeadsTable>> = {},
): Promise<Lead> {
  return db
    .insertInto('leads')
    .values({
      tenant_id: tenantId,
      id: newId(),
      email: `${mint('lead')}@recipient.test`,
      first_name: 'Ada',
      ...overrides,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/**
 * A row of the ledger, scheduled and due now: of a campaign's step if `campaign_id` and `step_id` are given (to a
 * lead of its own unless `lead_id` is), else transactional.
 */
export async function insertEmail(
  db: Db | Trx,
  mailbox: Pick<Mailbox, 'tenant_id' | 'id'>,
  overrides: Partial<Insertable<EmailsTable>> = {},
): Promise<Email> {
  const dueAt = overrides.due_at ?? new Date()
  const identity = overrides.campaign_id
    ? await campaignIdentity(db, mailbox.tenant_id, overrides.lead_id ?? undefined)
    : {
        kind: 'transactional' as const,
        idempotency_key: mint('send'),
        to_address: `${mint('someone')}@recipient.test`,
        content: JSON.stringify({ subject: 'Receipt', text: 'Thank you.' }),
      }
  return db
    .insertInto('emails')
    .values({
      tenant_id: mailbox.tenant_id,
      id: newId(),
      email_account_id: mailbox.id,
      due_at: dueAt,
      first_due_at: dueAt,
      ...identity,
      ...overrides,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

async function campaignIdentity(db: Db | Trx, tenantId: string, leadId: string | undefined) {
  const lead = leadId
    ? await db
        .selectFrom('leads')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('id', '=', leadId)
        .executeTakeFirstOrThrow()
    : await insertLead(db, tenantId)
  return { kind: 'campaign' as const, lead_id: lead.id, to_address: lead.email }
}
