import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
} from '../support/factories.ts'
import { claim, claimOf, claimOptions, outcomeOf, settle } from '../support/lanes.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase({ maxConnections: 12 })
})
afterAll(() => database.close())

/** A zone in which it is about noon: no midnight falls into a run. */
function noonZone(): string {
  const ahead = (36 - new Date().getUTCHours()) % 24
  return ahead <= 12 ? `Etc/GMT-${ahead}` : `Etc/GMT+${24 - ahead}`
}

const fates = ['sent', 'failed', 'unknown', 'scheduled', 'left on the wire', 'rolled back'] as const

const step = fc.record({
  /** Those whose claims one transaction takes together. */
  mailboxes: fc.uniqueArray(fc.nat({ max: 2 }), { minLength: 1, maxLength: 3 }),
  wanted: fc.integer({ min: 1, max: 4 }),
  fate: fc.constantFrom(...fates),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
const cap = fc.option(fc.integer({ min: 1, max: 9 }), { nil: null })
const worlds = fc.record({
  mailboxCaps: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 3, maxLength: 3 }),
  tenantCap: cap,
  campaignCap: cap,
  newLeads: cap,
  domainRate: cap,
  workers: fc.array(fc.array(step, { minLength: 3, maxLength: 10 }), { minLength: 4, maxLength: 4 }),
})
type World = typeof worlds extends fc.Arbitrary<infer T> ? T : never

async function build(world: World) {
  const { db } = database
  const timezone = noonZone()
  const tenant = await insertTenant(db, {
    timezone,
    daily_limit: world.tenantCap,
    domain_per_minute: world.domainRate,
  })
  const mailboxes: Mailbox[] = []
  for (const daily_limit of world.mailboxCaps)
    mailboxes.push(await insertMailbox(db, tenant.id, { timezone, daily_limit, rolling_limit: 100 }))
  const ids = mailboxes.map(({ id }) => id)
  const limits = { timezone, daily_limit: world.campaignCap, new_leads_per_day: world.newLeads }
  const { campaign, steps } = await insertCampaign(db, tenant.id, ids, limits)
  for (const mailbox of mailboxes) {
    for (let n = 0; n < 8; n += 1) {
      const lead = await insertLead(db, tenant.id)
      const place = { campaign_id: campaign.id, lead_id: lead.id }
      const enrolment = { ...place, tenant_id: tenant.id, email_account_id: mailbox.id }
      await db.insertInto('campaign_leads').values(enrolment).execute()
      const follows = {
        step_id: steps[0]?.id ?? null,
        is_follow_up: n % 3 === 0,
        to_address: `l${n}@d${n % 2}.test`,
      }
      await insertEmail(db, mailbox, { ...place, ...follows })
    }
  }
  return { tenant, mailboxes, campaign }
}

class Crash extends Error {}

async function work(mailboxes: readonly Mailbox[], { wanted, fate }: Step): Promise<void> {
  const { db } = database
  const requests = mailboxes.map((mailbox) => claimOf(mailbox, wanted))
  if (fate === 'rolled back') {
    const dies = db.transaction().execute(async (trx) => {
      await claimEmails(trx, requests, claimOptions)
      throw new Crash()
    })
    await expect(dies).rejects.toThrow(Crash)
    return
  }
  const answers = await claim(db, ...requests)
  if (fate === 'left on the wire') return
  for (const email of answers.flatMap(({ emails }) => emails)) await settle(db, outcomeOf(email, fate))
}

const mayHaveLeft = ({ status }: Email) => ['submitting', 'sent', 'unknown'].includes(status)

test('random claims, settles and crashes of four workers exceed no limit and lose none of it', async () => {
  const { db } = database
  await fc.assert(
    fc.asyncProperty(worlds, async (world) => {
      const { tenant, mailboxes, campaign } = await build(world)
      await Promise.all(
        world.workers.map(async (steps) => {
          for (const one of steps) {
            const claiming = one.mailboxes.flatMap((at) => mailboxes[at] ?? [])
            await work(claiming, one)
          }
        }),
      )

      const emails = await db.selectFrom('emails').selectAll().where('tenant_id', '=', tenant.id).execute()
      const kept = emails.filter(mayHaveLeft)
      const within = (rows: readonly Email[], most: number | null) =>
        expect(rows.length).toBeLessThanOrEqual(most ?? Number.POSITIVE_INFINITY)
      within(kept, world.tenantCap)
      within(kept, world.campaignCap)
      within(
        kept.filter((email) => !email.is_follow_up),
        world.newLeads,
      )

      const budgets = await db
        .selectFrom('send_budgets')
        .selectAll()
        .where('tenant_id', '=', tenant.id)
        .execute()
      const used = (prefix: string) =>
        budgets.filter(({ key }) => key.startsWith(prefix)).reduce((sum, row) => sum + row.used, 0)
      for (const [at, mailbox] of mailboxes.entries()) {
        const own = kept.filter((email) => email.email_account_id === mailbox.id)
        within(own, world.mailboxCaps[at] ?? 0)
        expect(used(`mailbox/${mailbox.id}/day/`)).toBe(own.length)
      }
      if (world.tenantCap) expect(used(`tenant/${tenant.id}/day/`)).toBe(kept.length)
      if (world.campaignCap) expect(used(`campaign/${campaign.id}/day/`)).toBe(kept.length)
      for (const domain of ['d0.test', 'd1.test']) {
        const taken = budgets.find(({ key }) => key === `tenant/${tenant.id}/domain/${domain}/minute`)
        const perMinute = (taken?.buckets ?? []).reduce((sum, count) => sum + count, 0)
        expect(perMinute).toBeLessThanOrEqual(world.domainRate ?? 0)
      }
    }),
    { numRuns: 12 },
  )
})
