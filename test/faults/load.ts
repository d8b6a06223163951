import { newId } from '../../src/core/ids.ts'
import type { Db } from '../../src/db/connect.ts'
import { insertWakes } from '../../src/sending/lane-store.ts'
import {
  alwaysOpen,
  type Campaign,
  insertCampaign,
  insertTenant,
  type Mailbox,
  mint,
  type Tenant,
} from '../support/factories.ts'
import { insertImapMailbox } from '../support/inbox.ts'
import type { Receiver } from './receiver.ts'
import { type Cap, dayMs } from './verdict.ts'

/** SMTP servers by number: those of the tenants, then one that at times greets nobody. */
export const tenantCount = 4
export const hangingServer = 4
export const serverCount = 5

export interface Load {
  /** All that holds over what the receiving side counts. */
  caps: Cap[]
  /** Emails that were asked for so far. */
  readonly asked: number
  /** One more campaign of two steps, over all ordinary mailboxes of one tenant. */
  launchWave(leads: number): Promise<void>
}

interface Sizes {
  mailboxesPerTenant: number
  mailboxesOfHangingHost: number
  emailsPerCappedMailbox: number
}

const caps = [
  { daily_limit: 1 },
  { daily_limit: 25 },
  { daily_limit: 500, rolling_limit: 15 },
  { hourly_limit: 10 },
  { min_gap_seconds: 0.5, gap_jitter: 0.25 },
]

/** Tenants with mailboxes that may send as they like, some whose caps are soon reached, and a host with many that hangs. */
export async function prepareLoad(db: Db, receiver: Receiver, sizes: Sizes): Promise<Load> {
  const free: { tenant: Tenant; mailboxes: Mailbox[] }[] = []
  const capped: Mailbox[] = []
  const hanging: Mailbox[] = []
  const insert = (tenant: Tenant, server: number, overrides: object) =>
    insertImapMailbox(
      db,
      tenant.id,
      { port: receiver.imapPort, username: `${mint('sender')}@sender.test`, password: 'lab password' },
      {
        smtp_port: receiver.ports[server] ?? 0,
        provider_id: 'gmail',
        daily_limit: 1_000_000,
        max_connections: 3,
        ...overrides,
      },
    )
  for (let n = 0; n < tenantCount; n += 1) {
    const tenant = await insertTenant(db, { unknown_policy: 'resend_if_absent' })
    const mailboxes: Mailbox[] = []
    for (let m = 0; m < sizes.mailboxesPerTenant; m += 1) mailboxes.push(await insert(tenant, n, {}))
    for (const cap of caps) capped.push(await insert(tenant, n, cap))
    free.push({ tenant, mailboxes })
  }
  const host = await insertTenant(db, { unknown_policy: 'never_resend' })
  for (let m = 0; m < sizes.mailboxesOfHangingHost; m += 1)
    hanging.push(await insert(host, hangingServer, { max_connections: 1 }))

  // A tenant with a day of its own over several mailboxes, and one whose campaign has limits.
  const day = await insertTenant(db, { daily_limit: tenantLimit, unknown_policy: 'resend_if_absent' })
  const ofDay: Mailbox[] = []
  for (let m = 0; m < 4; m += 1) ofDay.push(await insert(day, m, {}))
  const limited = await insertTenant(db, { unknown_policy: 'resend_if_absent' })
  const ofCampaign: Mailbox[] = []
  for (let m = 0; m < 4; m += 1) ofCampaign.push(await insert(limited, m, {}))

  const mailboxes = [...free.flatMap((one) => one.mailboxes), ...capped, ...hanging, ...ofDay, ...ofCampaign]
  await receiver.addMailboxes(mailboxes.map((mailbox) => mailbox.email_address))
  await insertEmails(db, [...capped, ...ofDay], sizes.emailsPerCappedMailbox)
  await insertEmails(db, hanging, 2)
  const campaignId = await insertWave(db, limited, ofCampaign, campaignLimit, campaignLimits)
  let asked =
    (capped.length + ofDay.length) * sizes.emailsPerCappedMailbox + hanging.length * 2 + campaignLimit
  let wave = 0
  return {
    caps: [
      ...mailboxes.flatMap(capsOfMailbox),
      capOfTenant(ofDay.map((mailbox) => mailbox.email_address)),
      ...capsOfCampaign(campaignId),
    ],
    get asked() {
      return asked
    },
    async launchWave(leads) {
      const sender = free[wave % free.length]
      wave += 1
      if (!sender) return
      await insertWave(db, sender.tenant, sender.mailboxes, leads)
      asked += leads * 2
    },
  }
}

const tenantLimit = 20
const campaignLimit = 24
const campaignLimits = { daily_limit: campaignLimit, new_leads_per_day: 16 }

function capsOfMailbox({ email_address, daily_limit, rolling_limit, hourly_limit }: Mailbox): Cap[] {
  const covers: Cap['covers'] = ({ sender }) => sender === email_address
  return [
    { of: `${email_address} on a day`, limit: daily_limit, period: 'day', covers },
    { of: `${email_address} in 24 hours`, limit: rolling_limit ?? daily_limit, period: dayMs, covers },
    ...(hourly_limit
      ? [{ of: `${email_address} in an hour`, limit: hourly_limit, period: 3_600_000, covers }]
      : []),
  ]
}

const capOfTenant = (addresses: readonly string[]): Cap => ({
  of: 'a tenant on a day',
  limit: tenantLimit,
  period: 'day',
  covers: ({ sender }) => addresses.includes(sender),
})

function capsOfCampaign(id: string): Cap[] {
  return [
    {
      of: 'a campaign on a day',
      limit: campaignLimits.daily_limit,
      period: 'day',
      covers: (_, row) => row?.campaignId === id,
    },
    {
      of: 'new leads of a campaign on a day',
      limit: campaignLimits.new_leads_per_day,
      period: 'day',
      covers: (_, row) => row?.campaignId === id && !row.isFollowUp,
    },
  ]
}

/** Emails without a campaign, all due at once. */
async function insertEmails(db: Db, mailboxes: readonly Mailbox[], each: number): Promise<void> {
  const rows = mailboxes.flatMap((mailbox) =>
    Array.from({ length: each }, () => ({
      tenant_id: mailbox.tenant_id,
      id: newId(),
      kind: 'transactional' as const,
      email_account_id: mailbox.id,
      idempotency_key: mint('send'),
      to_address: `${mint('someone')}@recipient.test`,
      content: JSON.stringify({ subject: 'Receipt', text: 'Thank you.' }),
      due_at: new Date(),
      first_due_at: new Date(),
    })),
  )
  if (rows.length === 0) return
  const wakes = mailboxes.map(({ tenant_id, id }) => ({
    tenantId: tenant_id,
    mailboxId: id,
    lane: 'normal' as const,
    inMs: 0,
  }))
  await db.transaction().execute(async (trx) => {
    await trx.insertInto('emails').values(rows).execute()
    await insertWakes(trx, wakes)
  })
}

async function insertWave(
  db: Db,
  tenant: Tenant,
  mailboxes: readonly Mailbox[],
  count: number,
  limits: Partial<Pick<Campaign, 'daily_limit' | 'new_leads_per_day'>> = {},
): Promise<string> {
  const tag = mint('wave')
  const leads = Array.from({ length: count }, (_, n) => ({
    tenant_id: tenant.id,
    id: newId(),
    email: `${tag}-${n}@recipient.test`,
    first_name: 'Ada',
    tags: [tag],
  }))
  const configuration = JSON.stringify({ window: alwaysOpen, holidays: [], audience: { tag } })
  const ids = mailboxes.map(({ id }) => id)
  return db.transaction().execute(async (trx) => {
    await trx.insertInto('leads').values(leads).execute()
    const steps = [{}, { delay: '{"seconds":1}' }]
    return (await insertCampaign(trx, tenant.id, ids, { configuration, steps, ...limits })).campaign.id
  })
}
