import { createSecretKey, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Trx } from '../../src/db/connect.ts'
import { findCredential, setCredential } from '../../src/mailboxes/credentials.ts'
import { defineMailbox } from '../../src/mailboxes/definition.ts'
import {
  findMailbox,
  insertMailbox,
  listMailboxes,
  type Mailbox,
  setMailboxActive,
  setMailboxLimits,
  setMailboxPaused,
} from '../../src/mailboxes/store.ts'
import { createSealer, type SecretBinding } from '../../src/secrets/sealer.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertTenant, mint } from '../support/factories.ts'

let database: TestDatabase
let tenantId: string

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  tenantId = (await insertTenant(database.db)).id
})

const newSealer = () => createSealer(createSecretKey(randomBytes(32)))
const inTransaction = <T>(work: (trx: Trx) => Promise<T>) => database.db.transaction().execute(work)

function addMailbox(address = `${mint('robin')}@acme.test`): Promise<Mailbox> {
  const definition = defineMailbox({ address, smtp: { host: 'smtp.gmail.com', username: 'robin' } })
  return inTransaction((trx) => insertMailbox(trx, tenantId, definition))
}

function wakesOf(mailbox: Mailbox) {
  return database.db
    .selectFrom('lane_wakes')
    .select('lane')
    .where('email_account_id', '=', mailbox.id)
    .orderBy('lane')
    .execute()
}

function block(mailbox: Mailbox, until: Date | null) {
  return database.db
    .updateTable('sending_lanes')
    .set({ blocked_until: until, blocked_code: 'daily_limit', blocked_reason: 'the day is full' })
    .where('email_account_id', '=', mailbox.id)
    .where('lane', '=', 'normal')
    .execute()
}

describe('a new mailbox', () => {
  test('has its domain and three lanes', async () => {
    const mailbox = await addMailbox()
    expect(mailbox).toMatchObject({
      provider_id: 'gmail',
      smtp_port: 587,
      status: 'active',
      daily_limit: 500,
    })
    const lanes = await database.db
      .selectFrom('sending_lanes')
      .select('lane')
      .where('email_account_id', '=', mailbox.id)
      .execute()
    expect(lanes.map(({ lane }) => lane).sort()).toEqual(['high', 'low', 'normal'])
  })

  test('shares the row of its domain with its neighbours', async () => {
    const [first, second] = [await addMailbox(), await addMailbox()]
    expect(first.domain_id).toBe(second.domain_id)
  })

  test('with an address that the tenant has already is refused, and nothing of it stays', async () => {
    const { email_address: address } = await addMailbox()
    await expect(addMailbox(address)).rejects.toMatchObject({ code: 'conflict' })
    expect(await listMailboxes(database.db, tenantId)).toHaveLength(1)
  })

  test('is not found by another tenant', async () => {
    const mailbox = await addMailbox()
    const other = await insertTenant(database.db)
    expect(await findMailbox(database.db, other.id, mailbox.email_address)).toBeUndefined()
    expect(await listMailboxes(database.db, other.id)).toEqual([])
  })
})

describe('a stored password', () => {
  const bindingOf = (mailbox: Mailbox): SecretBinding => ({
    tenantId,
    mailboxId: mailbox.id,
    field: 'smtp_password',
  })

  test('opens for its mailbox, and is not in the database', async () => {
    const sealer = newSealer()
    const binding = bindingOf(await addMailbox())
    await inTransaction((trx) => setCredential(trx, sealer, binding, 'open sesame'))
    expect(await findCredential(database.db, sealer, binding)).toBe('open sesame')
    const { rows } = await database.pool.query(
      `select count(*) as found from mailbox_credentials where position('sesame'::bytea in sealed) > 0`,
    )
    expect(rows).toEqual([{ found: 0 }])
  })

  test('is replaced by a newer one', async () => {
    const sealer = newSealer()
    const binding = bindingOf(await addMailbox())
    await inTransaction((trx) => setCredential(trx, sealer, binding, 'first'))
    await inTransaction((trx) => setCredential(trx, sealer, binding, 'second'))
    expect(await findCredential(database.db, sealer, binding)).toBe('second')
  })

  test('does not open when its row was moved to another mailbox', async () => {
    const sealer = newSealer()
    const [from, to] = [await addMailbox(), await addMailbox()]
    await inTransaction((trx) => setCredential(trx, sealer, bindingOf(from), 'open sesame'))
    await database.db
      .updateTable('mailbox_credentials')
      .set({ email_account_id: to.id })
      .where('email_account_id', '=', from.id)
      .execute()
    await expect(findCredential(database.db, sealer, bindingOf(to))).rejects.toMatchObject({
      code: 'sealed_secret_unreadable',
    })
  })

  test('is undefined where none was given', async () => {
    expect(await findCredential(database.db, newSealer(), bindingOf(await addMailbox()))).toBeUndefined()
  })
})

describe('pausing and resuming', () => {
  test('a pause carries its reason and wakes nothing', async () => {
    const mailbox = await addMailbox()
    await inTransaction((trx) => setMailboxPaused(trx, mailbox, { code: 'by_hand', reason: 'holiday' }))
    expect(await listMailboxes(database.db, tenantId)).toMatchObject([
      { status: 'paused', status_reason: 'holiday', paused_code: 'by_hand' },
    ])
    expect(await wakesOf(mailbox)).toEqual([])
  })

  test('a resumed mailbox forgets the reason, lifts the blocks of its lanes and wakes them all', async () => {
    const mailbox = await addMailbox()
    const neighbour = await addMailbox()
    await inTransaction((trx) => setMailboxPaused(trx, mailbox, { code: 'by_hand', reason: 'holiday' }))
    await block(mailbox, null)
    await block(neighbour, null)
    await inTransaction((trx) => setMailboxActive(trx, mailbox))
    const listed = await listMailboxes(database.db, tenantId)
    expect(listed.find((row) => row.id === mailbox.id)).toMatchObject({
      status: 'active',
      status_reason: null,
      blocked_reason: null,
    })
    expect(listed.find((row) => row.id === neighbour.id)).toMatchObject({ blocked_reason: 'the day is full' })
    expect(await wakesOf(mailbox)).toEqual([{ lane: 'high' }, { lane: 'low' }, { lane: 'normal' }])
    expect(await wakesOf(neighbour)).toEqual([])
  })
})

describe('changed limits', () => {
  test('are stored, leave the others as they are, and wake the lanes', async () => {
    const mailbox = await addMailbox()
    await block(mailbox, new Date(Date.now() + 3_600_000))
    await inTransaction((trx) => setMailboxLimits(trx, mailbox, { dailyLimit: 800, timezone: 'Asia/Tokyo' }))
    expect(await listMailboxes(database.db, tenantId)).toMatchObject([
      {
        daily_limit: 800,
        timezone: 'Asia/Tokyo',
        max_connections: 2,
        rolling_limit: null,
        blocked_reason: null,
      },
    ])
    expect(await wakesOf(mailbox)).toHaveLength(3)
  })

  test('a block that has ended is not shown', async () => {
    const mailbox = await addMailbox()
    await block(mailbox, new Date(Date.now() - 1_000))
    expect(await listMailboxes(database.db, tenantId)).toMatchObject([{ blocked_reason: null }])
  })
})
