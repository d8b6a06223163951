import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { newId } from '../../src/core/ids.ts'
import { startSmtpProvider } from '../../src/lab/smtp-provider.ts'
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { insertTenant, mint, type Tenant } from '../support/factories.ts'
import { rookery as run } from '../support/rookery.ts'

let database: TestDatabase
let home: string
let tenant: Tenant

beforeAll(async () => {
  database = await createTestDatabase()
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'rookery-cli-'))
  await fs.writeFile(path.join(home, 'password'), 'open sesame\n')
})
afterAll(async () => {
  await database.close()
  await fs.rm(home, { recursive: true })
})
beforeEach(async () => {
  tenant = await insertTenant(database.db)
})

const environment = () => ({ DATABASE_URL: database.url, ROOKERY_HOME: home })

/** The command with this file's database, home and tenant. */
const rookery = (...args: string[]) =>
  run([...args, '--tenant', tenant.name], { env: environment(), cwd: home })

async function addMailbox(): Promise<string> {
  const address = `${mint('robin')}@acme.test`
  const added = await rookery(
    ...['mailbox', 'add', address, '--smtp-host', 'smtp.acme.test', '--password-file', 'password', '--json'],
  )
  expect(added).toMatchObject({ code: 0, stderr: '' })
  return address
}

describe('the program', () => {
  test('shows what it can do, with examples', async () => {
    const { code, stdout } = await run(['--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('rookery leads import leads.csv --tag autumn')
  })

  test('an unknown command is wrong input, with a suggestion', async () => {
    const { code, stderr } = await run(['mailbx'])
    expect(code).toBe(2)
    expect(stderr).toContain('Did you mean mailbox?')
  })

  test('wrong configuration names every bad variable and exits 2', async () => {
    const env = { ...environment(), ROOKERY_LOG_LEVEL: 'loud', ROOKERY_SENDING_SLOT: '1' }
    const { code, stdout, stderr } = await run(['tenant', 'list'], { env })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('ROOKERY_LOG_LEVEL must be one of')
    expect(stderr).toContain('Did you mean ROOKERY_SENDING_SLOTS?')
  })

  test('an unreachable database is named in a sentence without its password, exit code 3', async () => {
    const env = { ...environment(), DATABASE_URL: 'postgres://rookery:hush@127.0.0.1:1/nowhere' }
    const { code, stderr } = await run(['tenant', 'list'], { env })
    expect(code).toBe(3)
    expect(stderr).toMatch(
      /^The database at 127\.0\.0\.1:1\/nowhere cannot be reached: .+ Check DATABASE_URL/,
    )
    expect(stderr).not.toContain('hush')
  })

  test('errors are JSON where JSON was asked for', async () => {
    const { code, stdout, stderr } = await rookery('mailbox', 'pause', 'nobody@acme.test', '--json')
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'not_found' } })
  })

  test.each([
    { args: ['mailbox', 'pause'], message: "missing required argument 'address'" },
    { args: ['mailbox', 'list', '--loud'], message: "unknown option '--loud'" },
    { args: ['mailbx'], message: "unknown command 'mailbx' (Did you mean mailbox?)" },
    {
      args: ['mailbox', 'set', 'a@b.test', '--daily-limit', 'x'],
      message: 'from 1 to 1000000; to stop a mailbox',
    },
    { args: ['analytics', 'daily', '--csv'], message: "'--csv' cannot be used with option '--json'" },
    { args: ['billing', 'usage', '--csv'], message: "'--csv' cannot be used with option '--json'" },
    {
      args: ['billing', 'usage', '--tenant', 'nope', '--all'],
      message: "'--all' cannot be used with option",
    },
    { args: ['start'], message: "unknown option '--json'" },
  ])('so are those of usage: $args', async ({ args, message }) => {
    const { code, stdout, stderr } = await run([...args, '--json'], { env: environment() })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'invalid_input', message: expect.stringContaining(message), details: [] },
    })
  })

  test('a .env file adds to the environment and does not overrule it', async () => {
    const cwd = await fs.mkdtemp(path.join(home, 'env-'))
    await fs.writeFile(
      path.join(cwd, '.env'),
      `DATABASE_URL=postgres://127.0.0.1:1/x\nROOKERY_HOME=${home}\n`,
    )
    const { DATABASE_URL } = environment()
    expect((await run(['tenant', 'list'], { cwd })).code).toBe(3)
    expect((await run(['tenant', 'list'], { cwd, env: { DATABASE_URL } })).code).toBe(0)
  })
})

describe('migrate', () => {
  test('is asked for where nothing was migrated, and then makes everything once', async () => {
    const empty = await createEmptyDatabase()
    try {
      const env = { DATABASE_URL: empty.url, ROOKERY_HOME: home }
      const before = await run(['tenant', 'list'], { env })
      expect(before).toMatchObject({ code: 1, stderr: expect.stringContaining('Run: rookery migrate') })
      const first = await run(['migrate', '--json'], { env })
      expect(JSON.parse(first.stdout).applied).toContain('0001_tenants_and_mailboxes')
      const second = await run(['migrate'], { env })
      expect(second).toMatchObject({ code: 0, stdout: 'The schema "rookery" is up to date.\n' })
      expect((await run(['tenant', 'create', 'acme'], { env })).code).toBe(0)
    } finally {
      await empty.close()
    }
  })
})

describe('tenants', () => {
  test('are created and listed; a name is taken only once', async () => {
    const name = mint('acme')
    const create = ['tenant', 'create', name, '--timezone', 'europe/berlin', '--daily-limit', '9']
    const created = await run([...create, '--json'], { env: environment() })
    expect(JSON.parse(created.stdout)).toMatchObject({ name, timezone: 'Europe/Berlin', dailyLimit: 9 })
    const again = await run(create, { env: environment() })
    expect(again).toMatchObject({ code: 1, stderr: `There already is a tenant named "${name}".\n` })
    const listed = await run(['tenant', 'list', '--json'], { env: environment() })
    expect(JSON.parse(listed.stdout)).toContainEqual(expect.objectContaining({ name }))
  })

  test('a limit of 0 creates none', async () => {
    const name = mint('acme')
    const refused = await run(['tenant', 'create', name, '--daily-limit', '0'], { env: environment() })
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('from 1 to 100000000') })
    const { db } = database
    expect(await db.selectFrom('tenants').selectAll().where('name', '=', name).execute()).toEqual([])
  })

  test('the word none lifts a limit', async () => {
    const set = (...limits: string[]) =>
      run(['tenant', 'set', tenant.name, ...limits, '--json'], { env: environment() })
    const limited = await set('--daily-limit', '9', '--domain-per-minute', '5', '--provider-per-minute', '6')
    expect(JSON.parse(limited.stdout)).toMatchObject({
      dailyLimit: 9,
      domainPerMinute: 5,
      providerPerMinute: 6,
    })
    const lifted = await set('--daily-limit', 'none', '--provider-per-minute', 'none')
    expect(JSON.parse(lifted.stdout)).toMatchObject({
      dailyLimit: null,
      domainPerMinute: 5,
      providerPerMinute: null,
    })
  })

  test('an unknown zone is refused where it is set', async () => {
    const { code, stderr } = await run(['tenant', 'create', mint('t'), '--timezone', 'Mars'], {
      env: environment(),
    })
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: '"Mars" is not a time zone. Use a name such as Europe/Berlin.\n',
    })
  })

  test('when there are several, one has to be named', async () => {
    await insertTenant(database.db)
    const { code, stderr } = await run(['mailbox', 'list'], { env: environment() })
    expect(code).toBe(2)
    expect(stderr).toContain('Name one with --tenant.')
  })
})

describe('mailboxes', () => {
  test('are added with a sealed password, listed, paused and resumed', async () => {
    const address = await addMailbox()
    await rookery('mailbox', 'pause', address, '--reason', 'holiday')
    const paused = await rookery('mailbox', 'list', '--json')
    expect(JSON.parse(paused.stdout)).toMatchObject([{ address, status: 'paused', statusReason: 'holiday' }])
    expect(paused.stdout).not.toContain('sesame')
    expect(await rookery('mailbox', 'resume', address)).toMatchObject({
      code: 0,
      stdout: `${address} sends again.\n`,
    })
    expect((await rookery('mailbox', 'list')).stdout).toMatch(new RegExp(`${address} +active +generic`))
  })

  test('a password comes from stdin too, and never from an argument', async () => {
    const args = ['mailbox', 'add', `${mint('r')}@acme.test`, '--smtp-host', 'smtp.acme.test']
    const piped = await run([...args, '--tenant', tenant.name, '--password-file', '-'], {
      env: environment(),
      input: 'open sesame\n',
    })
    expect(piped.code).toBe(0)
    expect((await rookery(...args, '--password', 'open sesame')).code).toBe(2)
    const without = await rookery(...args)
    expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining('--password-file') })
  })

  test('every bad setting is named, and nothing is stored', async () => {
    const { code, stderr } = await rookery(
      ...['mailbox', 'add', 'robin@acme', '--smtp-host', 'smtp.acme.test', '--no-auth'],
      ...['--smtp-security', 'ssl', '--timezone', 'Mars'],
    )
    expect(code).toBe(2)
    expect(stderr.trim().split('\n')).toEqual([
      'This is not a valid mailbox.',
      '  address: "acme" is not a domain name',
      '  smtp.security: Invalid option: expected one of "starttls"|"tls"|"none"',
      '  timezone: "Mars" is not a time zone; use a name such as Europe/Berlin',
    ])
    expect((await rookery('mailbox', 'list', '--json')).stdout).toBe('[]\n')
  })

  test('limits are changed, a cap of zero is not', async () => {
    const address = await addMailbox()
    expect((await rookery('mailbox', 'set', address, '--daily-limit', '0')).code).toBe(2)
    const hasty = await rookery('mailbox', 'set', address, '--sync-interval', '29')
    expect(hasty).toMatchObject({ code: 2, stderr: expect.stringContaining('from 30 to 86400; servers') })
    expect((await rookery('mailbox', 'set', address, '--daily-limit', '40', '--min-gap', '1.5')).code).toBe(0)
    const listed = await rookery('mailbox', 'list', '--json')
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { dailyLimit: 40, minGapSeconds: 1.5, syncIntervalSeconds: 300 },
    ])
  })

  test('an inbox that is to be read more often is, from now on', async () => {
    const address = await addMailbox()
    const nextSync = () =>
      database.db
        .selectFrom('email_accounts')
        .select(['sync_interval_seconds', 'next_sync_at'])
        .where('tenant_id', '=', tenant.id)
    const tomorrow = new Date(Date.now() + 86_400_000)
    await database.db
      .updateTable('email_accounts')
      .set({ next_sync_at: tomorrow })
      .where('tenant_id', '=', tenant.id)
      .execute()
    await rookery('mailbox', 'set', address, '--daily-limit', '40')
    expect(await nextSync().executeTakeFirst()).toMatchObject({ next_sync_at: tomorrow })
    await rookery('mailbox', 'set', address, '--sync-interval', '60')
    const row = await nextSync().executeTakeFirstOrThrow()
    expect(row.sync_interval_seconds).toBe(60)
    expect(row.next_sync_at.getTime()).toBeLessThanOrEqual(Date.now() + 60_000)
  })

  test('name and server are changed, and the lanes look again', async () => {
    const address = await addMailbox()
    expect((await rookery('mailbox', 'set', address)).code).toBe(2)
    const change = ['--name', 'Robin Rook', '--smtp-host', 'mail.acme.test', '--smtp-security', 'tls']
    expect(await rookery('mailbox', 'set', address, ...change)).toMatchObject({ code: 0, stderr: '' })
    const listed = await rookery('mailbox', 'list', '--json')
    expect(JSON.parse(listed.stdout)).toMatchObject([
      {
        displayName: 'Robin Rook',
        dailyLimit: 500,
        smtp: { host: 'mail.acme.test', port: 465, security: 'tls' },
      },
    ])
    const wakes = database.db.selectFrom('lane_wakes').select('lane').where('tenant_id', '=', tenant.id)
    expect(await wakes.execute()).toHaveLength(3)
  })

  test('are tried against their servers: one that works, one with a wrong password', async () => {
    const provider = await startSmtpProvider({ login: { username: 'robin', password: 'open sesame' } })
    try {
      await fs.writeFile(path.join(home, 'wrong'), 'let me in')
      const [good, bad] = [`${mint('a')}@acme.test`, `${mint('b')}@acme.test`]
      const server = ['--smtp-host', provider.host, '--smtp-port', `${provider.port}`, '--username', 'robin']
      await rookery('mailbox', 'add', good, ...server, '--password-file', 'password')
      await rookery('mailbox', 'add', bad, ...server, '--password-file', 'wrong')
      expect(await rookery('mailbox', 'test', good)).toMatchObject({ code: 0, stderr: '' })
      const all = await rookery('mailbox', 'test', '--json')
      expect(all.code).toBe(1)
      expect(JSON.parse(all.stdout)).toMatchObject([
        { address: good, ok: true },
        { address: bad, ok: false, code: 'auth_failed' },
      ])
      expect(all.stdout).not.toContain('let me in')
      await rookery('mailbox', 'password', bad, '--password-file', 'password')
      expect((await rookery('mailbox', 'test')).code).toBe(0)
    } finally {
      await provider.close()
    }
  })

  test('one whose password was sealed under another master key says so when it is tried', async () => {
    const address = await addMailbox()
    const other = await fs.mkdtemp(path.join(home, 'other-'))
    const { code, stdout } = await run(['mailbox', 'test', address, '--tenant', tenant.name, '--json'], {
      env: { ...environment(), ROOKERY_HOME: other },
    })
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject([{ address, ok: false, code: 'sealed_secret_unreadable' }])
  })
})

describe('leads import', () => {
  test('says what went in and what did not, and where the rest is', async () => {
    await fs.writeFile(path.join(home, 'people.csv'), 'email,first_name\nada@oak.test,Ada\nnobody,Bob\n')
    const { code, stdout } = await rookery('leads', 'import', 'people.csv', '--tag', 'a', '--tag', 'b')
    expect(code).toBe(0)
    expect(stdout).toBe(
      [
        'Imported 1 new lead, 0 updated, 0 unchanged; 1 row refused.',
        '',
        'line  reason',
        '   3  "nobody" is not name@domain',
        '',
        'All refused rows: people.rejects.csv',
        '',
      ].join('\n'),
    )
    expect(await fs.readFile(path.join(home, 'people.rejects.csv'), 'utf8')).toContain('"nobody,Bob"')
    const again = await rookery('leads', 'import', 'people.csv', '--tag', 'a', '--json')
    expect(JSON.parse(again.stdout)).toMatchObject({ inserted: 0, updated: 0, unchanged: 1, rejected: 1 })
  })

  test('a file that is not there is wrong input', async () => {
    expect(await rookery('leads', 'import', 'nothing.csv')).toMatchObject({
      code: 2,
      stderr: 'nothing.csv cannot be read: there is no such file.\n',
    })
  })
})

describe('suppressions', () => {
  test('of addresses and domains are added once, found and listed', async () => {
    const add = [
      'suppressions',
      'add',
      'Ada@Acorn.test',
      'oak.test',
      'OAK.test',
      '--reason',
      'asked by phone',
    ]
    expect((await rookery(...add)).stdout).toBe('Suppressed 2; 1 stood already.\n')
    const checked = await rookery('suppressions', 'check', 'Anyone@Oak.test')
    expect(checked.stdout).toMatch(/^anyone@oak\.test is suppressed:\n.+\noak\.test +asked by phone/)
    expect(JSON.parse((await rookery('suppressions', 'list', '--json')).stdout)).toHaveLength(2)
  })

  test('an expired one does not count, and is renewed when it is added again', async () => {
    const expired = { scope: 'address' as const, value: 'ada@elm.test', reason: 'moved', source: 'operator' }
    await database.db
      .insertInto('suppressions')
      .values({ ...expired, id: newId(), tenant_id: tenant.id, expires_at: new Date(Date.now() - 1_000) })
      .execute()
    expect((await rookery('suppressions', 'check', 'ada@elm.test')).stdout).toContain('may be mailed')
    await rookery('suppressions', 'add', 'ada@elm.test', '--reason', 'again')
    expect((await rookery('suppressions', 'check', 'ada@elm.test')).stdout).toContain('again')
  })

  test('of one tenant are no business of another', async () => {
    await rookery('suppressions', 'add', 'fir.test')
    tenant = await insertTenant(database.db)
    expect((await rookery('suppressions', 'check', 'ada@fir.test')).stdout).toBe(
      'ada@fir.test may be mailed.\n',
    )
  })
})
