import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  insertCampaign,
  insertEmail,
  insertLead,
  insertMailbox,
  insertTenant,
  type Mailbox,
  mint,
  type Tenant,
} from '../support/factories.ts'
import { rookery } from '../support/rookery.ts'

let database: TestDatabase
let directory: string
let tenant: Tenant
let mailbox: Mailbox

beforeAll(async () => {
  database = await createTestDatabase()
  directory = await mkdtemp(path.join(os.tmpdir(), 'rookery-campaign-'))
})

afterAll(async () => {
  await database.close()
  await rm(directory, { recursive: true, force: true })
})

beforeEach(async () => {
  tenant = await insertTenant(database.db)
  mailbox = await insertMailbox(database.db, tenant.id)
})

/** `rookery campaign …` for the test's own tenant, as JSON. */
async function campaign(...args: string[]) {
  const env = { DATABASE_URL: database.url, ROOKERY_HOME: directory }
  const all = ['campaign', ...args, '--tenant', tenant.name, '--json']
  const { code, stdout, stderr } = await rookery(all, { env, cwd: directory })
  return { code, value: stdout && JSON.parse(stdout), error: stderr && JSON.parse(stderr).error }
}

/** A campaign of two steps that may go out on weekdays from nine to five. */
async function writeCampaign(change: (text: string) => string = (text) => text): Promise<string> {
  const file = path.join(directory, `${mint('campaign')}.yaml`)
  const text = `
name: Spring
timezone: Europe/Berlin
mailboxes: all
window: { days: mon-fri, hours: "09:00-17:00" }
steps:
  - { id: hello, subject: "About {{ company }}", text: "Hello {{ first_name | default: 'there' }}," }
  - { id: again, delay: 3 days, text: "Once more, {{ company }}?", quote_previous: true }
`
  await writeFile(file, change(text))
  return file
}

const listRows = () =>
  database.db.selectFrom('campaigns').selectAll().where('tenant_id', '=', tenant.id).execute()

describe('campaign create', () => {
  test('stores a draft with its steps and mailboxes', async () => {
    const second = await insertMailbox(database.db, tenant.id)
    const { code, value } = await campaign('create', '-f', await writeCampaign())
    expect({ code, value }).toMatchObject({ code: 0, value: { name: 'Spring', status: 'draft', steps: 2 } })
    const steps = await database.db
      .selectFrom('campaign_steps')
      .select(['position', 'step_name', 'subject', 'delay', 'quote_previous'])
      .where('campaign_id', '=', value.id)
      .orderBy('position')
      .execute()
    expect(steps).toEqual([
      { position: 1, step_name: 'hello', subject: 'About {{ company }}', delay: {}, quote_previous: false },
      { position: 2, step_name: 'again', subject: '', delay: { days: 3 }, quote_previous: true },
    ])
    const rotation = await database.db
      .selectFrom('campaign_mailboxes')
      .select('email_account_id')
      .where('campaign_id', '=', value.id)
      .execute()
    expect(rotation.map((row) => row.email_account_id).sort()).toEqual([mailbox.id, second.id].sort())
  })

  test('refuses a name that is taken, and leaves the first as it is', async () => {
    await campaign('create', '-f', await writeCampaign())
    const { code, error } = await campaign('create', '-f', await writeCampaign())
    expect({ code, error }).toMatchObject({ code: 1, error: { code: 'conflict' } })
    expect(await listRows()).toHaveLength(1)
  })

  test('refuses a file with mistakes, each with its line', async () => {
    const file = await writeCampaign((text) =>
      text.replace('mon-fri', 'someday').replace('text: "Once', 'txt: "Once'),
    )
    const { code, error } = await campaign('create', '-f', file)
    expect(code).toBe(2)
    expect(error.details).toEqual([
      expect.stringMatching(/^line 5: "someday" is not a day/),
      expect.stringMatching(/^line 8: /),
      expect.stringMatching(/^line 8: /),
    ])
    expect(await listRows()).toEqual([])
  })

  test('refuses mailboxes and templates that are not there', async () => {
    const file = await writeCampaign((text) =>
      text
        .replace('mailboxes: all', 'mailboxes: [nobody@sender.test]')
        .replace('text: "Once', 'template: "Once'),
    )
    const { code, error } = await campaign('create', '-f', file)
    expect(code).toBe(2)
    expect(error.details).toEqual([
      'There is no mailbox nobody@sender.test.',
      'There is no template "Once more, {{ company }}?".',
    ])
    expect(await listRows()).toEqual([])
  })
})

describe('campaign preview', () => {
  test('shows a draft in the zones of its leads, follow-ups included, and writes nothing', async () => {
    const { db } = database
    await insertLead(db, tenant.id, { email: 'ada@acorn.test', company: 'Acorn', timezone: 'Asia/Tokyo' })
    await insertLead(db, tenant.id, { email: 'ben@birch.test', company: 'Birch', timezone: null })
    await campaign('create', '-f', await writeCampaign())
    const { code, value } = await campaign('preview', 'Spring', '-n', '5')
    expect(code).toBe(0)
    expect(value.emails).toHaveLength(2)
    const toAda = value.emails.find(({ to }: { to: string }) => to === 'ada@acorn.test')
    expect(toAda).toMatchObject({
      subject: 'About Acorn',
      text: 'Hello Ada,',
      zone: 'Asia/Tokyo',
      mailbox: mailbox.email_address,
    })
    const hourInTokyo = Number(
      new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Tokyo', hour: '2-digit' }).format(
        new Date(toAda.dueAt),
      ),
    )
    expect(hourInTokyo).toBeGreaterThanOrEqual(9)
    expect(hourInTokyo).toBeLessThan(17)
    const [followUp] = value.followUps
    expect(followUp.subject).toBe(`Re: ${value.emails[0].subject}`)
    expect(followUp.text).toContain('> Hello Ada,')
    expect(Date.parse(followUp.dueAt)).toBeGreaterThan(Date.parse(value.emails[0].dueAt))
    expect(await db.selectFrom('emails').selectAll().where('tenant_id', '=', tenant.id).execute()).toEqual([])
    expect(await listRows()).toMatchObject([{ status: 'draft', enrolled_through: null }])
  })

  test('shows what waits in the ledger of a launched one, in its thread', async () => {
    const { db } = database
    const { campaign: launched, steps } = await insertCampaign(db, tenant.id, [mailbox.id], {
      steps: [{ subject: 'Step one' }, { subject: '', quote_previous: true, content_text: 'Second' }],
    })
    const lead = await insertLead(db, tenant.id)
    const email = { campaign_id: launched.id, lead_id: lead.id }
    const sent = { status: 'sent' as const, sent_at: new Date(), sent_on: '2026-11-21', subject: 'Step one' }
    await insertEmail(db, mailbox, { ...email, ...sent, step_id: steps[0]?.id ?? null })
    await insertEmail(db, mailbox, { ...email, step_id: steps[1]?.id ?? null })
    const { value } = await campaign('preview', launched.campaign_name)
    expect(value.emails).toHaveLength(1)
    expect(value.emails[0]).toMatchObject({ to: lead.email, subject: 'Re: Step one', step: { position: 2 } })
    expect(value.emails[0].text).toMatch(/^Second\n\n.*\n> Hello, this is step 1\./)
  })
})

describe('a draft', () => {
  test('is replaced by a better file, where that is asked for', async () => {
    await campaign('create', '-f', await writeCampaign())
    const better = await writeCampaign((text) => text.replace('Once more', 'Again'))
    const { code, value } = await campaign('create', '-f', better, '--replace')
    expect({ code, value }).toMatchObject({ code: 0, value: { name: 'Spring', status: 'draft' } })
    expect(await listRows()).toMatchObject([{ id: value.id }])
  })

  test('is deleted; what was launched is neither deleted nor replaced', async () => {
    const file = await writeCampaign()
    await campaign('create', '-f', file)
    expect(await campaign('delete', 'Spring')).toMatchObject({ code: 0, value: { deleted: true } })
    expect(await listRows()).toEqual([])
    await insertCampaign(database.db, tenant.id, [mailbox.id], { campaign_name: 'Spring' })
    expect(await campaign('delete', 'Spring')).toMatchObject({ code: 1, error: { code: 'conflict' } })
    const replaced = await campaign('create', '-f', file, '--replace')
    expect(replaced).toMatchObject({ code: 1, error: { code: 'conflict' } })
    expect(await listRows()).toMatchObject([{ status: 'active' }])
  })
})

/** The Sundays of the next year and some weeks. */
function listSundays(): string[] {
  const from = Date.now() - 8 * 86_400_000
  const days = Array.from({ length: 60 * 7 }, (_, day) => new Date(from + day * 86_400_000))
  return days.filter((day) => day.getUTCDay() === 0).map((day) => day.toISOString().slice(0, 10))
}

describe('a window that holidays never let open', () => {
  const sundays = (text: string) => text.replace('mon-fri', 'sun')
  const closed = (text: string) => sundays(text).replace('steps:', `holidays: [${listSundays()}]\nsteps:`)

  test('is refused when the campaign is created', async () => {
    const { code, error } = await campaign('create', '-f', await writeCampaign(closed))
    expect({ code, error }).toMatchObject({ code: 2, error: { code: 'invalid_input' } })
    expect(error.message).toContain('its window does not open within a year')
    expect(await listRows()).toEqual([])
  })

  test('is refused when it is launched', async () => {
    await insertLead(database.db, tenant.id, { company: 'Acorn' })
    const configuration = { window: { sun: ['09:00-17:00'] }, holidays: listSundays() }
    await insertCampaign(database.db, tenant.id, [mailbox.id], {
      campaign_name: 'Spring',
      status: 'draft',
      configuration: JSON.stringify(configuration),
    })
    const { code, error } = await campaign('launch', 'Spring')
    expect(code).toBe(2)
    expect(error.message).toContain('its window does not open within a year')
  })
})

describe('campaign launch', () => {
  test('is refused while a step cannot be rendered, with the step and the lead', async () => {
    await insertLead(database.db, tenant.id, { email: 'ada@acorn.test', company: 'Acorn' })
    const endless = '{% for i in (1..9000) %}{% for j in (1..9000) %}x{% endfor %}{% endfor %}'
    await campaign('create', '-f', await writeCampaign((text) => text.replace('Once more,', endless)))
    const { code, error } = await campaign('launch', 'Spring')
    expect({ code, error }).toMatchObject({ code: 2, error: { code: 'invalid_input' } })
    expect(error.details).toEqual([
      'step again, for ada@acorn.test: line 1: the template makes too much; shorten its loops',
    ])
    expect(await listRows()).toMatchObject([{ status: 'draft' }])
  })

  test('is refused while an email would have a blank, with every lead and variable', async () => {
    const { db } = database
    await insertLead(db, tenant.id, { email: 'ada@acorn.test', company: 'Acorn' })
    for (let n = 10; n < 35; n += 1)
      await insertLead(db, tenant.id, { email: `lead-${n}@x.test`, company: ' ' })
    await campaign('create', '-f', await writeCampaign())
    const { code, error } = await campaign('launch', 'Spring')
    expect(code).toBe(2)
    expect(error.message).toContain('25 of its 26 leads would get an email with a blank')
    expect([...error.details].sort()).toEqual(
      Array.from({ length: 25 }, (_, n) => `lead-${n + 10}@x.test: company`),
    )
    expect(await listRows()).toMatchObject([{ status: 'draft', started_at: null }])
  })

  test('is refused without leads', async () => {
    await campaign('create', '-f', await writeCampaign())
    const { code, error } = await campaign('launch', 'Spring')
    expect({ code, error }).toMatchObject({ code: 2, error: { code: 'invalid_input' } })
    expect(error.message).toContain('there are no leads')
  })

  test('makes the draft active, once', async () => {
    await insertLead(database.db, tenant.id, { company: 'Acorn' })
    await campaign('create', '-f', await writeCampaign())
    expect(await campaign('launch', 'Spring')).toMatchObject({ code: 0, value: { leads: 1, mailboxes: 1 } })
    expect(await listRows()).toMatchObject([{ status: 'active', started_at: expect.any(Date) }])
    expect(await campaign('launch', 'Spring')).toMatchObject({ code: 1, error: { code: 'conflict' } })
  })
})

describe('campaign pause and resume', () => {
  test('say why, and wake the lanes again', async () => {
    const { campaign: launched } = await insertCampaign(database.db, tenant.id, [mailbox.id])
    const name = launched.campaign_name
    expect(await campaign('pause', name, '--reason', 'a typo')).toMatchObject({ code: 0 })
    expect(await listRows()).toMatchObject([{ status: 'paused', status_reason: 'a typo' }])
    expect(await campaign('pause', name)).toMatchObject({ code: 1, error: { code: 'conflict' } })
    expect(await campaign('resume', name)).toMatchObject({ code: 0 })
    expect(await listRows()).toMatchObject([{ status: 'active', status_reason: null }])
    const wakes = await database.db
      .selectFrom('lane_wakes')
      .select(['email_account_id', 'lane'])
      .where('tenant_id', '=', tenant.id)
      .execute()
    expect(wakes).toEqual([{ email_account_id: mailbox.id, lane: 'normal' }])
    expect(await campaign('resume', name)).toMatchObject({ code: 1, error: { code: 'conflict' } })
  })
})

describe('campaign report', () => {
  test('accounts for every lead once, with what it waits for or why it ended', async () => {
    const { db } = database
    const { campaign: launched, steps } = await insertCampaign(db, tenant.id, [mailbox.id], { steps: [{}] })
    await db.updateTable('campaigns').set({ enrolled_at: new Date() }).where('id', '=', launched.id).execute()
    const because = (code: string) => ({ reason_code: code, error_message: `because of ${code}` })
    const cases = [
      [{ status: 'finished' }, { status: 'sent', sent_at: new Date(), sent_on: '2026-11-21' }],
      [
        { status: 'stopped', stopped_code: 'gone' },
        { status: 'failed', ...because('gone') },
      ],
      [
        { status: 'stopped', stopped_code: 'suppressed' },
        { status: 'skipped', ...because('suppressed') },
      ],
      [
        { status: 'stopped', stopped_code: 'replied' },
        { status: 'skipped', ...because('replied') },
      ],
      [{}, { status: 'unknown', ...because('lease_lapsed') }],
      [{}, { status: 'scheduled' }],
      [{ held_until: new Date(Date.now() + 86_400_000) }, { status: 'scheduled' }],
      [{}, { status: 'scheduled', ...because('greylisted') }],
      [{}, { status: 'held', ...because('campaign_paused') }],
    ] as const
    for (const [enrolment, email] of cases) {
      const lead = await insertLead(db, tenant.id)
      const key = { tenant_id: tenant.id, campaign_id: launched.id, lead_id: lead.id }
      await db
        .insertInto('campaign_leads')
        .values({ ...key, email_account_id: mailbox.id, ...enrolment })
        .execute()
      const { tenant_id: _, ...identity } = key
      await insertEmail(db, mailbox, { ...identity, step_id: steps[0]?.id ?? null, ...email })
    }
    const { code, value } = await campaign('report', launched.campaign_name, '--leads')
    expect(code).toBe(0)
    expect(value.steps).toMatchObject([
      {
        planned: 9,
        sent: 1,
        scheduled: 2,
        deferred: 1,
        held: 1,
        submitting: 0,
        failed: 1,
        skipped: 2,
        unknown: 1,
      },
    ])
    expect(value.leads.total).toBe(9)
    expect(value.leads.byEnd).toEqual({
      finished: 1,
      waiting: 4,
      stopped: 1,
      failed: 1,
      skipped: 1,
      unknown: 1,
    })
    expect(value.list.map(({ end, code: why }: { end: string; code: string }) => [end, why])).toEqual(
      expect.arrayContaining([
        ['finished', null],
        ['failed', 'gone'],
        ['skipped', 'suppressed'],
        ['stopped', 'replied'],
        ['unknown', 'lease_lapsed'],
        ['waiting', 'held'],
        ['waiting', 'first_email'],
        ['waiting', 'greylisted'],
        ['waiting', 'campaign_paused'],
      ]),
    )
    expect(value.reasons).toContainEqual({
      status: 'failed',
      code: 'gone',
      count: 1,
      example: 'because of gone',
    })
  })

  test('names the campaigns there are when the name is wrong', async () => {
    await campaign('create', '-f', await writeCampaign())
    expect(await campaign('report', 'Sprin')).toMatchObject({ code: 4, error: { details: ['Spring'] } })
  })
})

test('limits of a campaign are set within their range, and lifted by the word none', async () => {
  const { db } = database
  const row = await insertCampaign(db, tenant.id, [mailbox.id]).then((made) => made.campaign)
  const set = (...limits: string[]) => campaign('set', row.campaign_name, ...limits)
  expect((await set('--daily-limit', '9', '--new-leads-per-day', '2147483647')).error).toBe('')
  const stored = () =>
    db
      .selectFrom('campaigns')
      .select(['daily_limit', 'new_leads_per_day'])
      .where('id', '=', row.id)
      .executeTakeFirst()
  expect(await stored()).toEqual({ daily_limit: 9, new_leads_per_day: 2_147_483_647 })
  expect(await set('--daily-limit', '-5')).toMatchObject({
    code: 2,
    error: { message: expect.stringContaining('from 1 to 2147483647, or none; to send nothing, pause') },
  })
  expect(await set('--daily-limit', 'none', '--new-leads-per-day', 'none')).toMatchObject({
    code: 0,
    value: { dailyLimit: null, newLeadsPerDay: null },
  })
  expect(await stored()).toEqual({ daily_limit: null, new_leads_per_day: null })
})
