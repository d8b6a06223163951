import { afterAll, beforeAll, expect, test } from 'vitest'
import { civilDate } from '../../src/core/civil-time.ts'
import { type RampPolicy, rampCap } from '../../src/core/ramp.ts'
import { planWarmupDays } from '../../src/jobs/warmup/plan-day.ts'
import { type ImapFarm, startImapFarm } from '../../src/lab/imap-farm.ts'
import { createIncomingMail } from '../../src/lab/incoming-mail.ts'
import { type SmtpProvider, startSmtpProvider } from '../../src/lab/smtp-provider.ts'
import { hurryEmails, hurryRounds, passDay } from '../../src/lab/warmup-days-store.ts'
import { listPool } from '../../src/warmup/pool-store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { insertTenant, type Mailbox, mint } from '../support/factories.ts'
import { startFleet } from '../support/fleet.ts'
import { insertImapMailbox, testWarmupKey } from '../support/inbox.ts'
import { insertWarmupAccount, openWarmup } from '../support/warmup.ts'

const days = 4
const ramp = {
  ramp_start: 2,
  ramp_step: 1,
  ramp_ceiling: 3,
  jitter: 0,
  weekdays_only: false,
  reply_share: 0.5,
}

let database: TestDatabase
let farm: ImapFarm
let provider: SmtpProvider
let fleet: Awaited<ReturnType<typeof startFleet>>
let warmup: ReturnType<typeof openWarmup>
const mailboxes: Mailbox[] = []

beforeAll(async () => {
  database = await createTestDatabase({ maxConnections: 20 })
  farm = await startImapFarm()
  const incoming = createIncomingMail({
    shares: { '*': { '*': 0.3 } },
    holds: (address) => mailboxes.some(({ email_address }) => email_address === address),
    deliver: (address, message, options) => farm.deliver(address, message, options),
    now: () => new Date(),
  })
  provider = await startSmtpProvider({ onAccepted: incoming.onAccepted })
  fleet = await startFleet(database)
  warmup = openWarmup(database.db)
  for (let n = 0; n < 4; n += 1) {
    const tenant = await insertTenant(database.db, { warmup_pool: 'shared' })
    for (const side of ['a', 'b']) mailboxes.push(await enrol(tenant.id, `${mint(`d${side}`)}.test`))
  }
})
afterAll(async () => {
  await fleet.stop()
  await provider.close()
  await farm.close()
  await database.close()
})

/** A zone in which the working day has just begun. */
function morningZone(): string {
  const ahead = (24 + 8 - new Date().getUTCHours()) % 24
  return ahead <= 12 ? `Etc/GMT-${ahead}` : `Etc/GMT+${24 - ahead}`
}

async function enrol(tenantId: string, domain: string): Promise<Mailbox> {
  const address = `${mint('robin')}@${domain}`
  const timezone = morningZone()
  const mailbox = await insertImapMailbox(
    database.db,
    tenantId,
    { port: farm.port, username: address, password: farm.password },
    { smtp_port: provider.port, email_address: address, timezone },
  )
  await insertWarmupAccount(database.db, mailbox, { ...ramp, started_on: civilDate(new Date(), timezone) })
  return mailbox
}

/** Every email that the ramps allow today has left. */
const untilSent = () =>
  eventually(
    async () => {
      const waiting = await database.db
        .selectFrom('emails as e')
        // A lane that has never been woken has no row yet.
        .leftJoin('sending_lanes as l', (join) =>
          join.onRef('l.email_account_id', '=', 'e.email_account_id').onRef('l.lane', '=', 'e.lane'),
        )
        .select('e.id')
        .where((eb) =>
          eb.or([
            eb('e.status', '=', 'submitting'),
            eb.and([eb('e.status', '=', 'scheduled'), eb('l.blocked_code', 'is', null)]),
          ]),
        )
        .execute()
      return waiting.length === 0
    },
    { timeoutMs: 20_000 },
  )

async function liveADay(): Promise<void> {
  // Another scheduler may be planning at this moment.
  await eventually(async () => {
    await planWarmupDays(database.db, { key: testWarmupKey, restDays: 1 })
    return (await listPool(database.db)).every(({ isDue }) => !isDue)
  })
  // Found, opened and answered, put away; answers arrive and are treated likewise.
  for (let turn = 0; turn < 5; turn += 1) {
    await hurryEmails(database.db)
    await untilSent()
    await Promise.all(mailboxes.map((mailbox) => warmup.round(mailbox)))
    await hurryRounds(database.db)
  }
  await passDay(database.db)
}

test('eight mailboxes of four tenants warm up day by day, each by the rules', async () => {
  const { db } = database
  for (let day = 0; day < days; day += 1) await liveADay()

  const emails = await db.selectFrom('emails').selectAll().where('kind', '=', 'warmup').execute()
  const exchanges = await db.selectFrom('warmup_exchanges').selectAll().execute()
  const sent = emails.filter(({ status }) => status === 'sent')
  expect(emails.filter(({ status }) => status !== 'sent' && status !== 'scheduled')).toEqual([])

  const accounts = await db.selectFrom('warmup_accounts').selectAll().execute()
  let allowed = 0
  for (const account of accounts) {
    const policy: RampPolicy = {
      start: account.ramp_start,
      step: account.ramp_step,
      ceiling: account.ramp_ceiling,
      weekdaysOnly: account.weekdays_only,
      jitter: account.jitter,
      startedOn: account.started_on,
      seed: account.seed,
      throttled: false,
    }
    const mine = sent.filter((email) => email.email_account_id === account.email_account_id)
    for (const [date, all] of Map.groupBy(mine, ({ sent_on }) => sent_on ?? '')) {
      expect(all.length).toBeLessThanOrEqual(rampCap(policy, date))
      allowed += rampCap(policy, date)
    }
  }
  expect(allowed).toBe(8 * (2 + 3 + 3 + 3))
  expect(sent.length).toBeGreaterThanOrEqual(0.9 * allowed)

  const begun = exchanges.filter(({ side, depth }) => side === 'sender' && depth === 1)
  const addressOf = new Map(mailboxes.map((mailbox) => [mailbox.id, mailbox]))
  const pairs = begun.map((one) => {
    const own = addressOf.get(one.email_account_id)
    const partner = mailboxes.find(({ email_address }) => email_address === one.partner_mailbox)
    expect(own?.tenant_id).not.toBe(partner?.tenant_id)
    expect(own?.email_address.split('@')[1]).not.toBe(one.partner_domain)
    return `${one.plan_date} ${[own?.email_address, one.partner_mailbox].sort().join(' ')}`
  })
  expect(new Set(pairs).size).toBe(pairs.length)

  const received = exchanges.filter(({ side, found_at }) => side === 'receiver' && found_at)
  const junk = received.filter(({ placement }) => placement === 'junk')
  expect(junk.length).toBeGreaterThan(3)
  for (const { email_address } of mailboxes)
    expect(farm.folder(email_address, 'Junk').messages).toHaveLength(0)

  const answers = sent.filter(({ content }) => (content as { references?: string[] }).references?.length)
  expect(answers.length).toBeGreaterThan(3)
  const known = new Set(sent.map(({ message_id }) => message_id))
  for (const { content } of answers) {
    const { references, subject } = content as { references: string[]; subject: string }
    expect(known).toContain(references.at(-1))
    expect(subject).toMatch(/^Re: /)
  }
  const interactions = await db.selectFrom('warmup_interactions').selectAll().execute()
  const keys = interactions.map(
    ({ email_account_id, token, interaction_type }) => `${email_account_id} ${token} ${interaction_type}`,
  )
  expect(new Set(keys).size).toBe(keys.length)
})
