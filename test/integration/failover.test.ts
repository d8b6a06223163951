import { execFile } from 'node:child_process'
import { existsSync, promises as fs } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { migrateDatabase } from '../../src/app/migrate.ts'
import { createDb, createPool } from '../../src/db/connect.ts'
import { voidEpoch } from '../../src/db/epoch.ts'
import { recover } from '../../src/jobs/recover.ts'
import { enrolNextLeads } from '../../src/jobs/scheduler/enrol-leads.ts'
import { type SmtpProvider, startSmtpProvider } from '../../src/lab/smtp-provider.ts'
import { insertWakes } from '../../src/sending/lane-store.ts'
import { openClusters } from '../support/cluster.ts'
import { createTestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import {
  insertCampaign,
  insertEmail,
  insertLead,
  insertMailbox,
  insertTenant,
  type Mailbox,
} from '../support/factories.ts'
import { startFleet } from '../support/fleet.ts'
import { claim, claimFor, claimOf, findEmail, laneOf, outcomeOf, settle } from '../support/lanes.ts'
import { rookery } from '../support/rookery.ts'
import { databaseUrl, runStatement, schemaNames } from '../support/template.ts'

const run = promisify(execFile)
const leadCount = 12
/** For a loaded machine. */
const patience = { timeoutMs: 30_000 }

let provider: SmtpProvider

beforeAll(async () => {
  provider = await startSmtpProvider()
})
afterEach(() => provider.accepted.byMessageId.clear())
afterAll(() => provider.close())

function open(url: string) {
  const { schema } = schemaNames
  const pool = createPool({
    url,
    schema,
    maxConnections: 10,
    applicationName: 'rookery-test',
    onIdleError: () => {},
  })
  onTestFinished(() => pool.end())
  return { pool, db: createDb(pool), url }
}
type Opened = Pick<ReturnType<typeof open>, 'db' | 'pool'>

/** A campaign of two steps, the second a second after the first. */
async function launch({ db }: Opened): Promise<Mailbox> {
  const tenant = await insertTenant(db)
  const mailbox = await insertMailbox(db, tenant.id, { smtp_port: provider.port })
  for (let n = 0; n < leadCount; n += 1) await insertLead(db, tenant.id)
  const delay = JSON.stringify({ seconds: 1 })
  await insertCampaign(db, tenant.id, [mailbox.id], { steps: [{}, { subject: '', delay }] })
  return mailbox
}

const statuses = async ({ db }: Opened) =>
  (await db.selectFrom('emails').select('status').execute()).map((email) => email.status)

const sentBy = (database: Opened, count: number) =>
  eventually(async () => (await statuses(database)).filter((status) => status === 'sent').length >= count, {
    timeoutMs: 30_000,
  })

async function whyBlocked({ db }: Opened, mailbox: Mailbox): Promise<string | null> {
  const lanes = db.selectFrom('sending_lanes').selectAll().where('email_account_id', '=', mailbox.id)
  const [normal] = await lanes.where('lane', '=', 'normal').execute()
  return normal?.blocked_code ?? null
}

/** Shows that nothing is sent by a fleet that has learned where it is. */
async function expectHeld(database: Opened, mailbox: Mailbox): Promise<void> {
  const before = provider.accepted.total
  const fleet = await startFleet(database, {}, { quiet: true })
  await eventually(async () => expect(await whyBlocked(database, mailbox)).toBe('recovery_needed'), patience)
  await fleet.stop()
  expect(provider.accepted.total).toBe(before)
}

/** Another email of the mailbox is sent; what is in doubt is not. */
async function expectSends(database: Opened, mailbox: Mailbox): Promise<void> {
  const fresh = await insertEmail(database.db, mailbox)
  const fleet = await startFleet(database, {}, { quiet: true })
  await insertWakes(database.db, [{ ...laneOf(mailbox), inMs: 0 }])
  await eventually(
    async () => expect(await findEmail(database.db, fresh)).toMatchObject({ status: 'sent' }),
    patience,
  )
  await fleet.stop()
  expect(provider.accepted.duplicates()).toEqual({})
}

const unknownOf = ({ db }: Opened) =>
  db.selectFrom('emails').selectAll().where('status', '=', 'unknown').execute()

test('a standby that was promoted behind its primary sends nothing twice', async () => {
  const clusters = await openClusters()
  onTestFinished(() => clusters.close())
  const pair = await clusters.startPair('failover')
  const primary = open(pair.primary.url)
  const standby = open(pair.standby.url)
  await migrateDatabase(primary.pool, primary.db, schemaNames)
  const mailbox = await launch(primary)
  const fleet = await startFleet(primary, {}, { quiet: true })
  await sentBy(primary, leadCount)
  await fleet.stop()
  await sentBy(standby, leadCount)

  // From here on the standby learns nothing more: neither that follow-ups were planned nor that they were sent.
  await runStatement(pair.standby.url, `alter system set primary_conninfo = ''`)
  await runStatement(pair.standby.url, 'select pg_reload_conf()')
  const receivers = () => runStatement(pair.standby.url, 'select 1 from pg_stat_wal_receiver')
  await eventually(async () => (await receivers()).length === 0, patience)
  // Of a slow machine, it has learned of some.
  const forgotten = 2 * leadCount - (await statuses(standby)).filter((status) => status === 'sent').length
  expect(forgotten).toBeGreaterThan(0)
  const since = new Date()
  const second = await startFleet(primary, {}, { quiet: true })
  await sentBy(primary, 2 * leadCount)
  await second.stop()
  await pair.primary.crash()
  await runStatement(pair.standby.url, 'select pg_promote()')

  await expectHeld(standby, mailbox)
  const args = ['recover', '--since', since.toISOString(), '--json']
  const { code, stdout } = await rookery(args, { env: { DATABASE_URL: standby.url } })
  expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, unknown: forgotten, paused: [] })
  expect(await whyBlocked(standby, mailbox)).toBeNull()

  // They bear the ids that went out: whoever looks for them finds them.
  const unknown = await unknownOf(standby)
  const accepted = [...provider.accepted.byMessageId.keys()]
  expect(accepted).toEqual(expect.arrayContaining(unknown.map((email) => email.message_id)))
  expect(unknown.map((email) => email.reason_code)).toEqual(new Array(forgotten).fill('failover'))
  await expectSends(standby, mailbox)
})

/** PostgreSQL as Debian installs it, with the programs that the embedded one lacks. */
async function findInstalled(): Promise<string | undefined> {
  const versions = await fs.readdir('/usr/lib/postgresql').catch(() => [])
  const supported = versions.filter((version) => Number(version) >= 15 && Number(version) <= 18)
  return supported
    .map((version) => path.join('/usr/lib/postgresql', version, 'bin'))
    .find((bin) => existsSync(path.join(bin, 'postgres')) && existsSync(path.join(bin, 'pg_dump')))
}

const installed = await findInstalled()

// Needs pg_dump of the version of its server: install the Debian package postgresql to run it.
test.runIf(installed)('a dump that is restored into the same server sends nothing twice', async () => {
  const clusters = await openClusters(installed)
  onTestFinished(() => clusters.close())
  const { url } = await clusters.startNew('dump')
  const database = open(url)
  await migrateDatabase(database.pool, database.db, schemaNames)
  const mailbox = await launch(database)
  await enrolNextLeads(database.db)
  const dump = path.join(clusters.root, 'ledger.dump')
  await run(path.join(clusters.binaries, 'pg_dump'), ['--format=custom', `--file=${dump}`, url])

  const since = new Date()
  const fleet = await startFleet(database, {}, { quiet: true })
  await sentBy(database, leadCount)
  await fleet.stop()
  const before = provider.accepted.total
  await runStatement(url, 'create database restored')
  const restored = open(databaseUrl(url, 'restored'))
  await run(path.join(clusters.binaries, 'pg_restore'), [`--dbname=${restored.url}`, dump])

  await expectHeld(restored, mailbox)
  expect(await recover(restored.db, { since, actor: 'robin' })).toMatchObject({ unknown: leadCount })
  expect(provider.accepted.total).toBe(before)
  const accepted = [...provider.accepted.byMessageId.keys()]
  const unknown = await unknownOf(restored)
  expect(accepted).toEqual(expect.arrayContaining(unknown.map((email) => email.message_id)))
  await expectSends(restored, mailbox)
})

test('a campaign that was being enrolled is paused for a person to look at', async () => {
  const database = await createTestDatabase()
  onTestFinished(() => database.close())
  await launch(database)
  await voidEpoch(database.db)
  expect(await enrolNextLeads(database.db)).toBeUndefined()
  const { paused } = await recover(database.db, { since: new Date(), actor: 'robin' })
  expect(paused).toHaveLength(1)
  const [campaign] = await database.db.selectFrom('campaigns').selectAll().execute()
  expect(campaign).toMatchObject({ status: 'paused', status_reason: expect.stringContaining('enrolled') })
})

test('the database that sent last needs no recovery, and is refused one unless it is insisted on', async () => {
  const database = await createTestDatabase()
  onTestFinished(() => database.close())
  const mailbox = await launch(database)
  await enrolNextLeads(database.db)
  const since = new Date()
  await expect(recover(database.db, { since, actor: 'robin' })).rejects.toMatchObject({ code: 'conflict' })
  expect(await unknownOf(database)).toEqual([])
  expect(await recover(database.db, { since, actor: 'robin', force: true })).toMatchObject({
    unknown: leadCount,
  })
  const audit = await database.db.selectFrom('audit_log').selectAll().execute()
  expect(audit).toMatchObject([{ actor: 'robin', action: 'database.recovered' }])
  const [answer] = await claim(database.db, claimOf(mailbox, 50))
  expect(answer).toMatchObject({ emails: [], block: undefined })
})

test('a recovery that ended half-way leaves nothing to be claimed, and is run again', async () => {
  const database = await createTestDatabase()
  onTestFinished(() => database.close())
  const mailbox = await insertMailbox(database.db, (await insertTenant(database.db)).id)
  await insertEmail(database.db, mailbox)
  await voidEpoch(database.db)
  const [answer] = await claim(database.db, claimOf(mailbox, 5))
  expect(answer).toMatchObject({ emails: [], block: { until: null, code: 'recovery_needed' } })
  expect(await recover(database.db, { since: new Date(), actor: 'robin' })).toMatchObject({ unknown: 1 })
})

test('a late answer to an attempt that the database has forgotten still says that it was sent', async () => {
  const database = await createTestDatabase()
  onTestFinished(() => database.close())
  const mailbox = await insertMailbox(database.db, (await insertTenant(database.db)).id)
  const email = await insertEmail(database.db, mailbox)
  const [claimed] = await claimFor(database.db, mailbox, 1)
  if (!claimed) throw new Error('nothing was claimed')
  const forgotten = { status: 'scheduled' as const, attempt: 0, claim_id: null, lease_until: null }
  await database.db.updateTable('emails').set(forgotten).where('id', '=', email.id).execute()
  await settle(database.db, outcomeOf(claimed, 'sent'))
  expect(await findEmail(database.db, email)).toMatchObject({ status: 'sent', attempt: 1 })
})
