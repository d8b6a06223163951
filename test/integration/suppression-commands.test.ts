import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertEmail, insertMailbox, insertTenant, type Mailbox, type Tenant } from '../support/factories.ts'
import { claimFor } from '../support/lanes.ts'
import { rookery as run } from '../support/rookery.ts'

let database: TestDatabase
let home: string
let tenant: Tenant
let mailbox: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'rookery-suppressions-'))
})
afterAll(async () => {
  await database.close()
  await fs.rm(home, { recursive: true })
})
beforeEach(async () => {
  tenant = await insertTenant(database.db)
  mailbox = await insertMailbox(database.db, tenant.id)
})

/** `suppressions` with this file's database, home and tenant. */
const suppressions = (...args: string[]) =>
  run(['suppressions', ...args, '--tenant', tenant.name], {
    env: { DATABASE_URL: database.url, ROOKERY_HOME: home },
    cwd: home,
  })

const write = (name: string, lines: string[]) =>
  fs.writeFile(path.join(home, name), lines.map((line) => `${line}\n`).join(''))

const statusOf = async (id: string) =>
  database.db
    .selectFrom('emails')
    .select(['status', 'reason_code', 'error_message'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()

test('adding an address skips what was still to go to it, and nothing of others', async () => {
  const to = { to_address: 'ada@oak.test' }
  const due = await insertEmail(database.db, mailbox, to)
  const held = await insertEmail(database.db, mailbox, { ...to, status: 'held' })
  const other = await insertEmail(database.db, mailbox, { to_address: 'bob@oak.test' })
  const elsewhere = await insertMailbox(database.db, (await insertTenant(database.db)).id)
  const ofOthers = await insertEmail(database.db, elsewhere, to)
  const { stdout } = await suppressions('add', 'ada@oak.test', '--reason', 'asked by phone')
  expect(stdout).toBe('Suppressed 1. 2 emails will not go out.\n')
  for (const email of [due, held])
    expect(await statusOf(email.id)).toEqual({
      status: 'skipped',
      reason_code: 'suppressed',
      error_message: 'the recipient is suppressed: asked by phone',
    })
  for (const email of [other, ofOthers])
    expect(await statusOf(email.id)).toMatchObject({ status: 'scheduled' })
})

test('an email to a suppressed domain stays planned until it falls due, and then says why it is skipped', async () => {
  const email = await insertEmail(database.db, mailbox, { to_address: 'ada@oak.test' })
  const { stdout } = await suppressions('add', 'oak.test', '--reason', 'asked by phone')
  expect(stdout).toBe('Suppressed 1.\n')
  expect(await statusOf(email.id)).toMatchObject({ status: 'scheduled' })
  expect(await claimFor(database.db, mailbox, 1)).toEqual([])
  expect(await statusOf(email.id)).toEqual({
    status: 'skipped',
    reason_code: 'suppressed',
    error_message: 'the recipient is suppressed: asked by phone',
  })
})

test('a file goes in once, its bad lines are named, and what it holds is never mailed', async () => {
  await write('list.csv', [
    'email;reason;expires_at',
    'Ada@Oak.test;left us;',
    'nobody;;',
    '@elm.test;;2999-01-31',
    'eve@fir.test;;soon',
    'bob@oak.test;;2020-01-31',
  ])
  const spared = await insertEmail(database.db, mailbox, { to_address: 'bob@oak.test' })
  const email = await insertEmail(database.db, mailbox, { to_address: 'ada@oak.test' })
  const first = await suppressions('import', 'list.csv', '--reason', 'old list')
  expect(first.stderr.trim().split('\n')).toEqual([
    'line 3: "nobody" is neither an address nor a domain',
    'line 5: "soon" is not a date such as 2027-01-31 or 2027-01-31T18:00:00Z',
    'line 6: it ended on 2020-01-31',
  ])
  expect(first.stdout).toBe('Suppressed 2; 0 stood already; 3 rows refused. 1 email will not go out.\n')
  expect(await statusOf(email.id)).toMatchObject({ status: 'skipped' })
  expect(await statusOf(spared.id)).toMatchObject({ status: 'scheduled' })
  const stored = () =>
    database.db
      .selectFrom('suppressions')
      .selectAll()
      .where('tenant_id', '=', tenant.id)
      .orderBy('value')
      .execute()
  const before = await stored()
  expect(before).toMatchObject([
    { value: 'ada@oak.test', scope: 'address', reason: 'left us', source: 'import', expires_at: null },
    { value: 'elm.test', scope: 'domain', reason: 'old list', expires_at: new Date('2999-01-31') },
  ])
  expect((await suppressions('import', 'list.csv')).stdout).toContain('Suppressed 0; 2 stood already')
  expect(await stored()).toEqual(before)
})

test('a bare list needs no header; a file that is no list is refused', async () => {
  await write('bare.csv', ['ada@oak.test', 'elm.test'])
  expect((await suppressions('import', 'bare.csv')).stdout).toContain('Suppressed 2')
  await write('other.csv', ['name,city', 'Ada,Rome'])
  expect(await suppressions('import', 'other.csv')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('It needs a column "value", "email" or "domain"'),
  })
  expect(await suppressions('import', 'nothing.csv')).toMatchObject({
    code: 2,
    stderr: 'nothing.csv cannot be read: there is no such file.\n',
  })
})

test('what is exported goes into another tenant as it was', async () => {
  await suppressions('add', 'ada@oak.test', 'elm.test', '--reason', 'said "no", twice')
  const { stdout } = await suppressions('export')
  await fs.writeFile(path.join(home, 'exported.csv'), stdout)
  tenant = await insertTenant(database.db)
  expect((await suppressions('import', 'exported.csv')).stdout).toBe('Suppressed 2; 0 stood already.\n')
  const lines = (await suppressions('export', '--format', 'jsonl')).stdout.trim().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { value: 'ada@oak.test', scope: 'address', reason: 'said "no", twice', source: 'import' },
    { value: 'elm.test', scope: 'domain', reason: 'said "no", twice' },
  ])
})

test('thousands are imported and exported whole', async () => {
  const addresses = Array.from({ length: 12_001 }, (_, n) => `person${String(n).padStart(5, '0')}@oak.test`)
  await write('many.csv', ['email', ...addresses])
  expect((await suppressions('import', 'many.csv')).stdout).toContain('Suppressed 12001')
  const exported = (await suppressions('export')).stdout.trim().split('\n').slice(1)
  expect(exported.map((line) => line.split(',')[0])).toEqual(addresses)
})

test('a removed one is mailed again; who removed it and why stays, and an earlier reason with it', async () => {
  await suppressions('add', 'ada@oak.test', '--reason', 'asked by phone')
  const removed = await suppressions('remove', 'Ada@oak.test', '--reason', 'asked to be back')
  expect(removed).toMatchObject({ code: 0, stdout: 'Removed 1 of 1.\n' })
  expect((await suppressions('check', 'ada@oak.test')).stdout).toBe('ada@oak.test may be mailed.\n')
  expect((await suppressions('list')).stdout).toBe('Nothing is suppressed.\n')
  expect(JSON.parse((await suppressions('list', '--ended', '--json')).stdout)).toMatchObject([
    {
      value: 'ada@oak.test',
      evidence: { removed: { by: os.userInfo().username, reason: 'asked to be back' } },
    },
  ])
  await suppressions('add', 'ada@oak.test', '--reason', 'asked again')
  const checked = await suppressions('check', 'ada@oak.test')
  expect(checked.stdout).toMatch(/^ada@oak\.test is suppressed:/)
  expect(checked.stdout).toMatch(/asked again[\s\S]+rests on:[\s\S]+asked by phone/)
  expect(await suppressions('remove', 'bob@oak.test', '--reason', 'x')).toMatchObject({
    code: 4,
    stderr: 'Not suppressed: bob@oak.test.\n',
  })
})

test('removing one says what still forbids mail to the address', async () => {
  await suppressions('add', 'ada@oak.test', 'oak.test', '--reason', 'asked')
  const removed = await suppressions('remove', 'ada@oak.test', '--reason', 'asked to be back')
  expect(removed.stdout).toBe(
    'Removed 1 of 1.\nada@oak.test is still not mailed: oak.test is suppressed too (asked). ' +
      'Lift it: rookery suppressions remove oak.test\n',
  )
  expect(await suppressions('remove', 'bob@oak.test', '--reason', 'x')).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('bob@oak.test is still not mailed: oak.test is suppressed'),
  })
})

test('a list of addresses with their domains suppresses the addresses, and reads times as UTC', async () => {
  await write('both.csv', [
    'Domain,E-Mail,expires at',
    'oak.test,ada@oak.test,2999-01-31 18:00',
    'elm.test,bea@elm.test,01/02/2999',
    'elm.test,cai@elm.test,2999-01-31T18:00:00+0200',
  ])
  const imported = await suppressions('import', 'both.csv')
  expect(`${imported.stdout}${imported.stderr}`).toContain('"01/02/2999" is not a date such as')
  const rows = await database.db
    .selectFrom('suppressions')
    .select(['value', 'expires_at'])
    .where('tenant_id', '=', tenant.id)
    .orderBy('value')
    .execute()
  expect(rows).toEqual([
    { value: 'ada@oak.test', expires_at: new Date('2999-01-31T18:00:00Z') },
    { value: 'cai@elm.test', expires_at: new Date('2999-01-31T16:00:00Z') },
  ])
})

test('an entry for every tenant holds for all of them, and no tenant removes it', async () => {
  const env = { DATABASE_URL: database.url, ROOKERY_HOME: home }
  const email = await insertEmail(database.db, mailbox, { to_address: 'trap@spam.test' })
  const added = await run(['suppressions', 'add', 'trap@spam.test', '--every-tenant'], { env })
  expect(added.stdout).toBe('Suppressed 1. 1 email will not go out.\n')
  expect(await statusOf(email.id)).toMatchObject({ status: 'skipped' })
  expect((await suppressions('remove', 'trap@spam.test', '--reason', 'x')).code).toBe(4)
  tenant = await insertTenant(database.db)
  expect((await suppressions('check', 'trap@spam.test')).stdout).toContain('is suppressed')
  const removed = await run(['suppressions', 'remove', 'trap@spam.test', '--every-tenant', '--reason', 'x'], {
    env,
  })
  expect(removed.code).toBe(0)
})
