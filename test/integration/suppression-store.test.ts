import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { insertSuppressions, type NewSuppression } from '../../src/suppression/store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertTenant, type Tenant } from '../support/factories.ts'

let database: TestDatabase
let tenant: Tenant
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  tenant = await insertTenant(database.db)
})

const later = (days: number) => new Date(Date.now() + days * 86_400_000)
const full = (days: number): NewSuppression => entry('mailbox_full', 'bounce', later(days))
const entry = (reason: string, source: string, expiresAt: Date | null = null): NewSuppression => ({
  scope: 'address',
  value: 'ada@oak.test',
  reason,
  source,
  expiresAt,
  evidence: { from: reason },
})

/** Stores them one after the other; what stands in the end. */
async function standsAfter(...entries: NewSuppression[]) {
  for (const one of entries) await insertSuppressions(database.db, tenant.id, [one])
  return database.db
    .selectFrom('suppressions')
    .selectAll()
    .where('tenant_id', '=', tenant.id)
    .executeTakeFirstOrThrow()
}

const complained = entry('complaint', 'complaint')
const dead = entry('invalid_recipient', 'bounce')

test('a complaint replaces an entry of another source and remembers it; nothing replaces a complaint', async () => {
  expect(await standsAfter(dead, complained, dead, entry('by hand', 'operator'), full(9000))).toMatchObject({
    reason: 'complaint',
    evidence: { from: 'complaint', earlier: { reason: 'invalid_recipient', source: 'bounce' } },
  })
})

test('one that would end is replaced by one that lasts longer, and by no shorter one', async () => {
  const long = full(20)
  expect((await standsAfter(full(10), long, full(5))).expires_at).toEqual(long.expiresAt)
  expect(await standsAfter(dead, full(9000))).toMatchObject({ reason: 'invalid_recipient', expires_at: null })
})

test('one that has ended begins anew, whatever it was', async () => {
  const ended = entry('complaint', 'complaint', later(-1))
  const renewed = full(3)
  expect(await standsAfter(ended, renewed)).toMatchObject({
    reason: 'mailbox_full',
    expires_at: renewed.expiresAt,
  })
})
