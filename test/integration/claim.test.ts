import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/core/ids.ts'
import { lockBudgets, setBudgets } from '../../src/sending/budget-store.ts'
import { rollingKey } from '../../src/sending/budgets.ts'
import { claimEmails } from '../../src/sending/claim-emails.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import {
  insertCampaign,
  insertEmail,
  insertLead,
  insertMailbox,
  insertTenant,
  type Mailbox,
  type Tenant,
} from '../support/factories.ts'
import {
  claim,
  claimFor,
  claimOf,
  claimOptions,
  countByStatus,
  findEmail,
  listEvents,
  outcomeOf,
  readBudgets,
  settle,
} from '../support/lanes.ts'
import { openTransaction, untilBlocked } from '../support/two-connections.ts'

let database: TestDatabase
let tenant: Tenant

beforeAll(async () => {
  database = await createTestDatabase()
  tenant = await insertTenant(database.db)
})

afterAll(() => database.close())

/** A mailbox with so many emails due. */
async function mailboxWith(
  due: number,
  overrides: Parameters<typeof insertMailbox>[2] = {},
): Promise<Mailbox> {
  const mailbox = await insertMailbox(database.db, tenant.id, overrides)
  for (let n = 0; n < due; n += 1) await insertEmail(database.db, mailbox)
  return mailbox
}

/** Makes the rows of its budgets, so that a claim waits for their locks and not for their insertion. */
async function withBudgets(mailbox: Mailbox): Promise<Mailbox> {
  await claimFor(database.db, mailbox, 0)
  return mailbox
}

describe('two claims at once', () => {
  test.each([
    ['day', { daily_limit: 1, rolling_limit: 500 }],
    ['24 hours', { daily_limit: 500, rolling_limit: 1 }],
  ])(
    'of a mailbox with one email left for the %s: the second waits, and is granted none',
    async (_, caps) => {
      const { db } = database
      const mailbox = await withBudgets(await mailboxWith(2, caps))
      const first = await openTransaction(db)
      const second = await openTransaction(db)
      const [granted] = await claimEmails(first.trx, [claimOf(mailbox, 1)], claimOptions)
      const waiting = claimEmails(second.trx, [claimOf(mailbox, 1)], claimOptions)
      await untilBlocked(db, second)
      await first.commit()
      const [refused] = await waiting
      await second.commit()

      expect(granted?.emails).toHaveLength(1)
      expect(refused?.emails).toHaveLength(0)
      expect(refused?.block?.code).toMatch(/limit/)
      expect(await countByStatus(db, mailbox)).toEqual({ submitting: 1, scheduled: 1 })
    },
  )

  test('where the first has locked but not yet written what it takes: the second waits all the same', async () => {
    const { db } = database
    const mailbox = await withBudgets(await mailboxWith(1, { rolling_limit: 1 }))
    const first = await openTransaction(db)
    const second = await openTransaction(db)
    const key = rollingKey(mailbox.id)
    const budget = (await lockBudgets(first.trx, [key])).get(key)
    const waiting = claimEmails(second.trx, [claimOf(mailbox, 1)], claimOptions)
    await untilBlocked(db, second)
    if (budget) await setBudgets(first.trx, [{ ...budget, buckets: [1], bucketAt: new Date() }])
    await first.commit()
    expect((await waiting)[0]?.emails).toHaveLength(0)
    await second.commit()
  })

  test('of a mailbox whose first claim is rolled back: the second is granted what the first gave up', async () => {
    const { db } = database
    const mailbox = await mailboxWith(2, { daily_limit: 1 })
    const first = await openTransaction(db)
    const second = await openTransaction(db)
    await claimEmails(first.trx, [claimOf(mailbox, 1)], claimOptions)
    const waiting = claimEmails(second.trx, [claimOf(mailbox, 1)], claimOptions)
    await untilBlocked(db, second)
    await first.rollback()
    expect((await waiting)[0]?.emails).toHaveLength(1)
    await second.commit()
  })

  test('decide by the cap that holds behind the lock, not by the one before the wait', async () => {
    const { db } = database
    const mailbox = await withBudgets(await mailboxWith(6, { daily_limit: 10 }))
    const first = await openTransaction(db)
    const second = await openTransaction(db)
    await claimEmails(first.trx, [claimOf(mailbox, 2)], claimOptions)
    const waiting = claimEmails(second.trx, [claimOf(mailbox, 4)], claimOptions)
    await untilBlocked(db, second)
    await db.updateTable('email_accounts').set({ daily_limit: 3 }).where('id', '=', mailbox.id).execute()
    await first.commit()
    expect((await waiting)[0]?.emails).toHaveLength(1)
    await second.commit()
  })

  test('count a claim that waited at the time behind the lock', async () => {
    const { db } = database
    const mailbox = await withBudgets(await mailboxWith(2))
    const first = await openTransaction(db)
    const second = await openTransaction(db)
    await claimEmails(first.trx, [claimOf(mailbox, 1)], claimOptions)
    const waiting = claimEmails(second.trx, [claimOf(mailbox, 1)], claimOptions)
    await untilBlocked(db, second)
    const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db)
    await first.commit()
    const [answer] = await waiting
    await second.commit()
    const { claimed_at: claimedAt } = await findEmail(db, { id: answer?.emails[0]?.id ?? '' })
    expect(claimedAt?.getTime()).toBeGreaterThanOrEqual(rows[0]?.now.getTime() ?? Number.POSITIVE_INFINITY)
  })

  test('never pick the same email', async () => {
    const { db } = database
    const mailbox = await mailboxWith(10)
    const lanes = Array.from({ length: 5 }, () => claim(db, claimOf(mailbox, 4)))
    const picked = (await Promise.all(lanes)).flat().flatMap(({ emails }) => emails.map(({ id }) => id))
    expect(picked).toHaveLength(10)
    expect(new Set(picked).size).toBe(10)
  })
})

describe('a claim', () => {
  test('does not wait for an email that another transaction holds', async () => {
    const { db } = database
    const mailbox = await insertMailbox(db, tenant.id)
    const held = await insertEmail(db, mailbox)
    const free = await insertEmail(db, mailbox)
    const other = await openTransaction(db)
    await other.trx.selectFrom('emails').select('id').where('id', '=', held.id).forUpdate().execute()
    const claiming = claimFor(db, mailbox, 2)
    try {
      await eventually(async () => (await findEmail(db, free)).status === 'submitting', { timeoutMs: 2000 })
    } finally {
      await other.rollback()
    }
    expect((await claiming).map(({ id }) => id)).toEqual([free.id])
  })

  test('grants what is left: one, when twenty are wanted', async () => {
    const { db } = database
    const mailbox = await mailboxWith(20, { daily_limit: 3, rolling_limit: 500 })
    expect(await claimFor(db, mailbox, 2)).toHaveLength(2)
    expect(await claimFor(db, mailbox, 20)).toHaveLength(1)
    const [answer] = await claim(db, claimOf(mailbox, 20))
    expect(answer).toMatchObject({ emails: [], block: { code: 'daily_limit' } })
  })

  test('writes the block and its end on the lane, where the reason can be read', async () => {
    const { db } = database
    const mailbox = await mailboxWith(2, { daily_limit: 1, rolling_limit: 500 })
    await claimFor(db, mailbox, 1)
    const [answer] = await claim(db, claimOf(mailbox, 1))
    const lane = await db
      .selectFrom('sending_lanes')
      .selectAll()
      .where('email_account_id', '=', mailbox.id)
      .where('lane', '=', 'normal')
      .executeTakeFirstOrThrow()
    expect(lane).toMatchObject({
      blocked_code: 'daily_limit',
      blocked_until: answer?.block?.until,
      blocked_reason: answer?.block?.reason,
    })
  })

  test('of two lanes of a mailbox shares its budget between them, the urgent one first', async () => {
    const { db } = database
    const mailbox = await insertMailbox(db, tenant.id, { daily_limit: 6 })
    for (const lane of ['normal', 'high'] as const) {
      for (let n = 0; n < 5; n += 1) await insertEmail(db, mailbox, { lane })
    }
    const [normal, high] = await claim(db, claimOf(mailbox, 5, 'normal'), claimOf(mailbox, 5, 'high'))
    expect(high?.emails).toHaveLength(5)
    expect(normal?.emails).toHaveLength(1)
    expect((await readBudgets(db, mailbox)).rolling).toBe(6)
  })

  test('of an idle lane takes nothing from its sister', async () => {
    const { db } = database
    const mailbox = await mailboxWith(5, { daily_limit: 5, min_gap_seconds: 0 })
    const [high, normal] = await claim(db, claimOf(mailbox, 5, 'high'), claimOf(mailbox, 5, 'normal'))
    expect(high).toMatchObject({ emails: [], block: undefined, picked: 0 })
    expect(normal?.emails).toHaveLength(5)
  })

  test('of an idle lane does not start the gap of its sister', async () => {
    const { db } = database
    const mailbox = await mailboxWith(5, { min_gap_seconds: 3600 })
    const [, normal] = await claim(db, claimOf(mailbox, 5, 'high'), claimOf(mailbox, 5, 'normal'))
    expect(normal?.emails).toHaveLength(1)
    const [again] = await claim(db, claimOf(mailbox, 5))
    expect(again).toMatchObject({ emails: [], block: { code: 'gap' } })
  })

  test('takes the oldest due and leaves what is due later', async () => {
    const { db } = database
    const mailbox = await insertMailbox(db, tenant.id)
    const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000)
    const younger = await insertEmail(db, mailbox, { due_at: minutesAgo(1) })
    const oldest = await insertEmail(db, mailbox, { due_at: minutesAgo(3) })
    const between = await insertEmail(db, mailbox, { due_at: minutesAgo(2) })
    const later = await insertEmail(db, mailbox, { due_at: minutesAgo(-60) })
    expect((await claimFor(db, mailbox, 1)).map(({ id }) => id)).toEqual([oldest.id])
    expect((await claimFor(db, mailbox, 5)).map(({ id }) => id)).toEqual([between.id, younger.id])
    expect((await findEmail(db, later)).status).toBe('scheduled')
  })

  test('writes the intent: attempt, claim, lease, Message-ID, the keys taken', async () => {
    const { db } = database
    const mailbox = await mailboxWith(1)
    const request = claimOf(mailbox, 1)
    const [answer] = await claim(db, request)
    const row = await findEmail(db, { id: answer?.emails[0]?.id ?? '' })
    expect(row).toMatchObject({ status: 'submitting', attempt: 1, claim_id: request.claimId })
    expect(row.lease_until?.getTime()).toBeGreaterThan(Date.now() + 20_000)
    expect(row.message_id).toBe(`<${row.ref}@sender.test>`)
    expect(row.budget_keys).toEqual(answer?.emails[0]?.budgetKeys)
    expect(row.budget_keys).toHaveLength(2)
  })

  test('of a later attempt keeps the Message-ID and reference of the first', async () => {
    const { db } = database
    const mailbox = await mailboxWith(1)
    const [first] = await claimFor(db, mailbox, 1)
    if (!first) throw new Error('nothing was claimed')
    await settle(db, outcomeOf(first, 'scheduled'))
    const moved = { email_address: `moved-${mailbox.id}@elsewhere.test` }
    await db.updateTable('email_accounts').set(moved).where('id', '=', mailbox.id).execute()
    const [second] = await claimFor(db, mailbox, 1)
    expect(second).toMatchObject({ attempt: 2, messageId: first.messageId, ref: first.ref })
  })

  test('of a mailbox that does not exist is answered, and others with it', async () => {
    const { db } = database
    const mailbox = await mailboxWith(1)
    const nobody = { tenant_id: tenant.id, id: newId() }
    const [missing, other] = await claim(db, claimOf(nobody, 1), claimOf(mailbox, 1))
    expect(missing?.block?.code).toBe('lane_missing')
    expect(other?.emails).toHaveLength(1)
  })

  test('ends a pause whose time has passed', async () => {
    const { db } = database
    const mailbox = await mailboxWith(1, {
      status: 'paused',
      status_reason: '454 later',
      paused_until: new Date(Date.now() - 1000),
    })
    expect(await claimFor(db, mailbox, 1)).toHaveLength(1)
    const row = await db
      .selectFrom('email_accounts')
      .select(['status', 'status_reason', 'paused_until'])
      .where('id', '=', mailbox.id)
      .executeTakeFirstOrThrow()
    expect(row).toEqual({ status: 'active', status_reason: null, paused_until: null })
  })
})

describe('a suppression', () => {
  const suppress = (value: string, scope: 'address' | 'domain', tenantId: string | null = tenant.id) => ({
    id: newId(),
    tenant_id: tenantId,
    scope,
    value,
    reason: 'hard_bounce',
    source: 'test',
  })

  test.each([
    ['of the address', 'ada@suppressed-a.test', 'ada@suppressed-a.test', 'address'],
    ['of the domain', 'ada@suppressed-b.test', 'suppressed-b.test', 'domain'],
    ['of an address written in capitals', 'ADA@Suppressed-C.test', 'ada@suppressed-c.test', 'address'],
  ] as const)('%s keeps the email from being claimed, with the reason', async (_, to, value, scope) => {
    const { db } = database
    const mailbox = await insertMailbox(db, tenant.id)
    const email = await insertEmail(db, mailbox, { to_address: to })
    await db.insertInto('suppressions').values(suppress(value, scope)).execute()
    expect(await claimFor(db, mailbox, 1)).toEqual([])
    const row = await findEmail(db, email)
    expect(row).toMatchObject({ status: 'skipped', reason_code: 'suppressed', attempt: 0 })
    expect(row.error_message).toContain('hard_bounce')
    expect(await listEvents(db, email)).toMatchObject([{ type: 'skipped' }])
    expect((await readBudgets(db, mailbox)).rolling).toBe(0)
  })

  test('of every tenant holds, one of another tenant or one that has expired does not', async () => {
    const { db } = database
    const mailbox = await insertMailbox(db, tenant.id)
    const other = await insertTenant(db)
    const addresses = ['a', 'b', 'c'].map((name) => `${name}@suppressed-d.test`) as [string, string, string]
    for (const to_address of addresses) await insertEmail(db, mailbox, { to_address })
    await db
      .insertInto('suppressions')
      .values([
        suppress(addresses[0], 'address', null),
        suppress(addresses[1], 'address', other.id),
        { ...suppress(addresses[2], 'address'), expires_at: new Date(Date.now() - 1000) },
      ])
      .execute()
    const claimed = await claimFor(db, mailbox, 5)
    expect(claimed.map(({ to }) => to).sort()).toEqual(addresses.slice(1))
  })

  test('that commits before the claim looks keeps the email back, one that commits later counts as later', async () => {
    const { db } = database
    const mailbox = await insertMailbox(db, tenant.id)
    const [early, late] = [
      await insertEmail(db, mailbox, { to_address: 'a@suppressed-e.test' }),
      await insertEmail(db, mailbox, { to_address: 'b@suppressed-e.test' }),
    ]
    const operator = await openTransaction(db)
    await db.insertInto('suppressions').values(suppress(early.to_address, 'address')).execute()
    await operator.trx.insertInto('suppressions').values(suppress(late.to_address, 'address')).execute()
    const claimed = await claimFor(db, mailbox, 5)
    await operator.commit()
    expect(claimed.map(({ id }) => id)).toEqual([late.id])
  })

  test('ends the sequence of the lead', async () => {
    const { db } = database
    const mailbox = await insertMailbox(db, tenant.id)
    const lead = await insertLead(db, tenant.id)
    const { campaign, steps } = await insertCampaign(db, tenant.id, [mailbox.id])
    await db
      .insertInto('campaign_leads')
      .values({
        tenant_id: tenant.id,
        campaign_id: campaign.id,
        lead_id: lead.id,
        email_account_id: mailbox.id,
      })
      .execute()
    await insertEmail(db, mailbox, {
      campaign_id: campaign.id,
      lead_id: lead.id,
      step_id: steps[0]?.id ?? null,
    })
    await db.insertInto('suppressions').values(suppress(lead.email, 'address')).execute()
    await claimFor(db, mailbox, 1)
    const enrolment = await db
      .selectFrom('campaign_leads')
      .selectAll()
      .where('lead_id', '=', lead.id)
      .executeTakeFirstOrThrow()
    expect(enrolment).toMatchObject({ status: 'stopped', stopped_code: 'suppressed', plan_at: null })
  })
})
