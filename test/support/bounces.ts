import { afterAll, beforeAll, beforeEach } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import { bounceProcessing } from '../../src/jobs/bounce-processing.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'
import { deliveryReport } from './delivery-reports.ts'
import {
  type CampaignStep,
  type Email,
  insertCampaign,
  insertLead,
  insertMailbox,
  insertTenant,
  type Lead,
  type Mailbox,
} from './factories.ts'
import { insertInboundMessage, insertSentEmail } from './inbound.ts'

const log = createLogger({ level: 'error', format: 'json', name: 'test', output: { fd: 2 } })
const running = { id: 'job', attempt: 1, signal: new AbortController().signal }

export type ReportRef = Awaited<ReturnType<typeof insertInboundMessage>>

/** What a file of tests has of its own: a database, and for each test a tenant with a mailbox and a campaign of two steps. */
interface Ground {
  database: TestDatabase
  mailbox: Mailbox
  campaignId: string
  steps: CampaignStep[]
}

/** Sets the ground before the tests of the calling file, and returns what they do and look at. */
export function useBounces() {
  const ground = {} as Ground
  beforeAll(async () => {
    ground.database = await createTestDatabase()
  })
  afterAll(() => ground.database.close())
  beforeEach(async () => {
    const { db } = ground.database
    const tenant = await insertTenant(db)
    ground.mailbox = await insertMailbox(db, tenant.id)
    const { campaign, steps } = await insertCampaign(db, tenant.id, [ground.mailbox.id])
    ground.campaignId = campaign.id
    ground.steps = steps
  })

  /** A process of its own for each reference when there are several: they meet in the database only. */
  const work = (...refs: ReportRef[]): Promise<Outcome[]> =>
    Promise.all(
      refs.map((ref) => bounceProcessing({ db: ground.database.db, log, coalesceMs: 0 })(ref, running)),
    )

  async function arrive(message: string, at?: Date): Promise<ReportRef> {
    const ref = await insertInboundMessage(
      ground.database.db,
      ground.mailbox,
      message,
      at ? { internal_date: at } : {},
    )
    await work(ref)
    return ref
  }

  async function enrol(): Promise<Lead> {
    const lead = await insertLead(ground.database.db, ground.mailbox.tenant_id)
    await ground.database.db
      .insertInto('campaign_leads')
      .values({
        tenant_id: ground.mailbox.tenant_id,
        campaign_id: ground.campaignId,
        lead_id: lead.id,
        email_account_id: ground.mailbox.id,
      })
      .execute()
    return lead
  }

  const ofStep = (lead: Lead, step: 0 | 1) => ({
    campaign_id: ground.campaignId,
    lead_id: lead.id,
    step_id: ground.steps[step]?.id ?? '',
  })

  async function sendTo(lead: Lead, overrides: Parameters<typeof insertSentEmail>[2] = {}): Promise<Email> {
    return insertSentEmail(ground.database.db, ground.mailbox, { ...ofStep(lead, 0), ...overrides })
  }

  const readEmail = (email: Email) =>
    ground.database.db.selectFrom('emails').selectAll().where('id', '=', email.id).executeTakeFirstOrThrow()

  const readReport = ({ messageId }: ReportRef) =>
    ground.database.db
      .selectFrom('email_messages')
      .selectAll()
      .where('id', '=', messageId)
      .executeTakeFirstOrThrow()

  const readEnrolment = (lead: Lead) =>
    ground.database.db
      .selectFrom('campaign_leads')
      .selectAll()
      .where('lead_id', '=', lead.id)
      .executeTakeFirstOrThrow()

  const listEvents = (email: Email) =>
    ground.database.db
      .selectFrom('email_events')
      .selectAll()
      .where('email_id', '=', email.id)
      .orderBy('type')
      .execute()

  const listFacts = () =>
    ground.database.db
      .selectFrom('email_bounces')
      .selectAll()
      .where('tenant_id', '=', ground.mailbox.tenant_id)
      .execute()

  const listSuppressions = () =>
    ground.database.db
      .selectFrom('suppressions')
      .selectAll()
      .where('tenant_id', '=', ground.mailbox.tenant_id)
      .execute()

  const readCounters = () =>
    ground.database.db
      .selectFrom('delivery_counters')
      .select(['subject_type', 'subject', 'hard', 'soft', 'blocked', 'complaints'])
      .where('tenant_id', '=', ground.mailbox.tenant_id)
      .orderBy('subject_type')
      .execute()

  /** A refusal of the only recipient, with our message's ID. */
  const refusal = (
    email: Email,
    recipient: { status?: string; action?: string; diagnostic?: string; address?: string } = {},
  ): string =>
    deliveryReport({
      mailbox: ground.mailbox.email_address,
      recipients: [{ address: email.to_address, ...recipient }],
      returned: { messageId: email.message_id ?? '', from: ground.mailbox.email_address },
    })

  return {
    ground,
    work,
    arrive,
    enrol,
    ofStep,
    sendTo,
    readEmail,
    readReport,
    readEnrolment,
    listEvents,
    listFacts,
    listSuppressions,
    readCounters,
    refusal,
  }
}
