import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { changeCampaignLimits, changeTenantLimits } from '../../src/jobs/change-limits.ts'
import { claimEmails } from '../../src/sending/claim-emails.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  type Email,
  insertCampaign,
  insertEmail,
  insertLead,
  insertMailbox,
  insertTenant,
  type Mailbox,
  type Tenant,
} from '../support/factories.ts'
import { claim, claimOf, claimOptions, listWakes, outcomeOf, settle } from '../support/lanes.ts'
import { openTransaction, untilBlocked } from '../support/two-connections.ts'

let database: TestDatabase
let tenant: Tenant
let mailboxes: Mailbox[]

beforeAll(async () => {
  database = await createTestDatabase({ maxConnections: 20 })
})

afterAll(() => database.close())

beforeEach(async () => {
  tenant = await insertTenant(database.db)
  mailboxes = []
  for (let n = 0; n < 8; n += 1) mailboxes.push(await insertMailbox(database.db, tenant.id))
})

const mailboxAt = (index: number): Mailbox => {
  const mailbox = mailboxes[index]
  if (!mailbox) throw new Error('no such mailbox')
  return mailbox
}

/** Eight workers, one for each mailbox, that claim at once until nothing more is to be had; the ids in the order of claims. */
async function claimAll(wanted = 3): Promise<string[]> {
  const claimed: string[] = []
  await Promise.all(
    mailboxes.map(async (mailbox) => {
      for (let turn = 0; turn < 40; turn += 1) {
        const [answer] = await claim(database.db, claimOf(mailbox, wanted))
        claimed.push(...(answer?.emails.map(({ id }) => id) ?? []))
        const waits = answer?.block?.until && answer.block.until.getTime() > Date.now() + 1000
        if (waits || (!answer?.block && answer?.picked === 0)) return
      }
    }),
  )
  return claimed
}

async function fill(each: number, overrides: Parameters<typeof insertEmail>[2] = {}): Promise<void> {
  for (const mailbox of mailboxes)
    for (let n = 0; n < each; n += 1) await insertEmail(database.db, mailbox, overrides)
}

/** `each` enrolled leads on every mailbox, their first email due. */
async function campaignOf(
  limits: { daily_limit?: number; new_leads_per_day?: number },
  each: number,
  isFollowUp = false,
) {
  const { db } = database
  const ids = mailboxes.map(({ id }) => id)
  const made = await insertCampaign(db, tenant.id, ids, { ...limits, steps: [{}] })
  const emails: Email[] = []
  for (const mailbox of mailboxes) {
    for (let n = 0; n < each; n += 1) {
      const lead = await insertLead(db, tenant.id)
      const place = { campaign_id: made.campaign.id, lead_id: lead.id }
      await db
        .insertInto('campaign_leads')
        .values({ ...place, tenant_id: tenant.id, email_account_id: mailbox.id })
        .execute()
      const step = { step_id: made.steps[0]?.id ?? null, is_follow_up: isFollowUp }
      emails.push(await insertEmail(db, mailbox, { ...place, ...step }))
    }
  }
  return { ...made, emails }
}

const setTenant = (columns: object) =>
  database.db.updateTable('tenants').set(columns).where('id', '=', tenant.id).execute()

const reasons = async () => {
  const rows = await database.db
    .selectFrom('emails')
    .select(['reason_code', 'due_at'])
    .where('tenant_id', '=', tenant.id)
    .where('status', '=', 'scheduled')
    .execute()
  return rows
}

describe('a tenant with a limit of its day', () => {
  test.each([1, 5, 17])('sends %i from eight mailboxes at once, and no more', async (cap) => {
    await setTenant({ daily_limit: cap })
    await fill(4)
    expect(await claimAll()).toHaveLength(cap)
    const [answer] = await claim(database.db, claimOf(mailboxAt(0), 1))
    expect(answer?.block).toMatchObject({ code: 'tenant_daily_limit' })
  })

  test('sends no more when one claim is for all its mailboxes', async () => {
    await setTenant({ daily_limit: 17 })
    await fill(10)
    const sent: number[] = []
    for (let turn = 0; turn < 4; turn += 1) {
      const answers = await claim(database.db, ...mailboxes.map((mailbox) => claimOf(mailbox, 1)))
      sent.push(answers.reduce((sum, { emails }) => sum + emails.length, 0))
    }
    expect(sent).toEqual([8, 8, 1, 0])
  })

  test('counts what a claim takes from a row of its own while the cap is lowered', async () => {
    const { db } = database
    await setTenant({ daily_limit: 900 })
    await fill(2)
    const [claiming, changing] = [await openTransaction(db), await openTransaction(db)]
    const requests = mailboxes.slice(0, 3).map((mailbox) => claimOf(mailbox, 1))
    const options = { ...claimOptions, random: () => 0.99 }
    const answers = await claimEmails(claiming.trx, requests, options)
    expect(answers.flatMap(({ emails }) => emails)).toHaveLength(3)
    const change = changeTenantLimits(changing.trx, tenant.id, { dailyLimit: 5 })
    await untilBlocked(db, changing)
    await claiming.commit()
    await change
    await changing.commit()
    expect(await claimAll()).toHaveLength(2)
  })

  test('uses all of a cap that has several rows', async () => {
    await setTenant({ daily_limit: 800 })
    await database.db
      .updateTable('email_accounts')
      .set({ daily_limit: 1000 })
      .where('tenant_id', '=', tenant.id)
      .execute()
    await fill(110)
    expect(await claimAll(40)).toHaveLength(800)
    const { db } = database
    const rows = await db.selectFrom('send_budgets').selectAll().where('tenant_id', '=', tenant.id).execute()
    const used = rows.filter(({ key }) => key.startsWith('tenant/')).map((row) => row.used)
    expect(used).toEqual(new Array(used.length).fill(100))
  })

  test('sends no more than the cap when that is lowered, whichever rows were taken from', async () => {
    const { db } = database
    const change = (dailyLimit: number) =>
      db.transaction().execute((trx) => changeTenantLimits(trx, tenant.id, { dailyLimit }))
    await change(900)
    await fill(6)
    const [first] = await claim(db, claimOf(mailboxAt(0), 6))
    expect(first?.emails).toHaveLength(6)
    await change(10)
    expect(await claimAll()).toHaveLength(4)
    await change(12)
    expect((await listWakes(db, mailboxAt(1))).length).toBeGreaterThan(0)
    expect(await claimAll()).toHaveLength(2)
  })

  test('gets back what is proven not sent', async () => {
    await setTenant({ daily_limit: 2 })
    await fill(2)
    const [answer] = await claim(database.db, claimOf(mailboxAt(0), 2))
    const [email] = answer?.emails ?? []
    if (!email) throw new Error('nothing was claimed')
    await settle(database.db, outcomeOf(email, 'failed'))
    expect(await claimAll()).toHaveLength(1)
  })
})

describe('a mailbox with a limit of its hour', () => {
  test('sends that many', async () => {
    const { db } = database
    await db
      .updateTable('email_accounts')
      .set({ hourly_limit: 3 })
      .where('id', '=', mailboxAt(0).id)
      .execute()
    for (let n = 0; n < 6; n += 1) await insertEmail(db, mailboxAt(0))
    expect(await claimAll(2)).toHaveLength(3)
    const [answer] = await claim(db, claimOf(mailboxAt(0), 1))
    expect(answer?.block).toMatchObject({ code: 'hourly_limit' })
    expect(answer?.block?.until?.getTime()).toBeGreaterThan(Date.now() + 3_500_000)
  })
})

describe('a campaign with a limit of its day', () => {
  test.each([1, 7])('sends %i over eight mailboxes, and does not hold up other emails', async (cap) => {
    const { emails } = await campaignOf({ daily_limit: cap }, 3)
    await fill(2)
    const claimed = await claimAll()
    const own = new Set(emails.map(({ id }) => id))
    expect(claimed.filter((id) => own.has(id))).toHaveLength(cap)
    expect(claimed.filter((id) => !own.has(id))).toHaveLength(16)
    for (const { reason_code, due_at } of await reasons()) {
      expect(reason_code).toBe('campaign_daily_limit')
      expect(due_at.getTime()).toBeGreaterThan(Date.now())
    }
  })

  test('lets follow-ups go on when it only limits new leads', async () => {
    const limits = { new_leads_per_day: 2 }
    const first = await campaignOf(limits, 1)
    const own = new Set(first.emails.map(({ id }) => id))
    const followUps = await campaignOf(limits, 2, true)
    const claimed = await claimAll()
    expect(claimed.filter((id) => own.has(id))).toHaveLength(2)
    expect(claimed).toEqual(expect.arrayContaining(followUps.emails.map(({ id }) => id)))
  })

  test('keeps it when the campaign is resumed in the middle of a claim', async () => {
    const { db } = database
    const { campaign, emails } = await campaignOf({ daily_limit: 1 }, 1)
    const claimed = await claimAll()
    expect(claimed).toHaveLength(1)
    // Whose claim came first is chance: another one's email still waits.
    const waiting = emails.find(({ id }) => !claimed.includes(id))
    const mailbox = mailboxes.find(({ id }) => id === waiting?.email_account_id) ?? mailboxAt(7)
    const due = { due_at: new Date(Date.now() - 1000), reason_code: null }
    await db.updateTable('emails').set(due).where('status', '=', 'scheduled').execute()
    await db.updateTable('campaigns').set({ status: 'paused' }).where('id', '=', campaign.id).execute()
    const over = { status: 'paused' as const, paused_until: new Date(Date.now() - 1000) }
    await db.updateTable('email_accounts').set(over).where('id', '=', mailbox.id).execute()
    // The claim has read its tenant, and waits to end the pause of its mailbox.
    const [holding, claiming] = [await openTransaction(db), await openTransaction(db)]
    const account = holding.trx.selectFrom('email_accounts').select('id').where('id', '=', mailbox.id)
    await account.forUpdate().execute()
    const answers = claimEmails(claiming.trx, [claimOf(mailbox, 5)], claimOptions)
    await untilBlocked(db, claiming)
    await db.updateTable('campaigns').set({ status: 'active' }).where('id', '=', campaign.id).execute()
    await holding.commit()
    expect(await answers).toMatchObject([{ emails: [], picked: 1 }])
    await claiming.commit()
    expect(await claimAll()).toEqual([])
  })

  test('goes on at once when the limit is raised', async () => {
    const { db } = database
    const { campaign } = await campaignOf({ daily_limit: 1 }, 1)
    expect(await claimAll()).toHaveLength(1)
    await db
      .transaction()
      .execute((trx) => changeCampaignLimits(trx, campaign, { dailyLimit: 4, newLeadsPerDay: undefined }))
    expect(await claimAll()).toHaveLength(3)
  })
})

describe('a tenant with a limit of a minute', () => {
  test('sends so many to a domain, spreads the rest, and sends to others', async () => {
    await setTenant({ domain_per_minute: 3 })
    await fill(2, { to_address: 'ann@busy.test' })
    await insertEmail(database.db, mailboxAt(0), { to_address: 'bob@calm.test' })
    expect(await claimAll()).toHaveLength(4)
    const waiting = await reasons()
    expect(waiting.map(({ reason_code }) => reason_code)).toEqual(new Array(13).fill('domain_rate'))
    for (const { due_at } of waiting) {
      expect(due_at.getTime()).toBeGreaterThan(Date.now())
      expect(due_at.getTime()).toBeLessThan(Date.now() + 3 * 60_000)
    }
  })

  test('counts the domains of one provider together', async () => {
    const { db } = database
    await setTenant({ provider_per_minute: 4 })
    const provider = `provider of ${tenant.id}`
    for (const domain of ['one', 'two']) {
      const name = `${domain}.${tenant.id}.test`
      await db
        .insertInto('recipient_domains')
        .values({ domain: name, provider, refresh_at: new Date() })
        .execute()
      await fill(1, { to_address: `ann@${name}` })
    }
    expect(await claimAll()).toHaveLength(4)
  })
})
