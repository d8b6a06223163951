import { newId } from '../../src/core/ids.ts'
import type { Db } from '../../src/db/connect.ts'
import { dropPartition, listPartitionsBefore } from '../../src/db/old-partitions.ts'
import { eventClasses } from '../../src/db/partitions.ts'
import { insertCampaign, insertMailbox, insertTenant } from './factories.ts'
import type { ActionOf } from './rollup-actions.ts'
import { countByHand, type Told } from './rollup-by-hand.ts'
import { type OpenTransaction, openTransaction } from './two-connections.ts'

type Email = Pick<Told, 'tenantId' | 'campaignId' | 'stepId' | 'variant' | 'mailboxId' | 'emailId'>
type Writer = OpenTransaction & { told: Told[] }

/** What has been told, and what should have come of it. */
export interface World {
  db: Db
  /** The second keeps its events for a week. */
  tenantIds: readonly string[]
  campaignIds: readonly string[]
  emails: Email[]
  writers: Map<number, Writer>
  /** Committed events, in the order of their commits. */
  kept: Told[]
  /** How many of them a pass has seen. */
  seen: number
  now: Date
  /** From a dump, at least once. */
  isRestored: boolean
  /** The zone of all mailboxes. */
  hoursAhead: number
  byHand: ReturnType<typeof countByHand>
}

export const hourMs = 3_600_000
const start = new Date('2026-01-27T09:00:00Z')

/** Whatever is told is in no month, until one is made. */
async function dropAllMonths(db: Db): Promise<void> {
  const ever = new Date('9999-01-01T00:00:00Z')
  for (const eventClass of eventClasses)
    for (const month of await listPartitionsBefore(db, eventClass, ever))
      await db.transaction().execute((trx) => dropPartition(trx, month))
}

/** Two tenants with two mailboxes each. */
export async function insertPeople(db: Db): Promise<Record<string, string[]>> {
  const people: Record<string, string[]> = {}
  for (let tenants = 0; tenants < 2; tenants += 1) {
    const { id } = await insertTenant(db)
    people[id] = [(await insertMailbox(db, id)).id, (await insertMailbox(db, id)).id]
  }
  return people
}

const tables = [
  'email_events',
  'daily_step_analytics',
  'daily_analytics',
  'campaign_analytics',
  'analytics_sealed_days',
  'billing_analytics',
  'billing_touched_months',
  'analytics_watermark',
] as const

/** Nothing has happened yet: what did in another world is cleared. */
export async function openWorld(db: Db, people: Record<string, string[]>): Promise<World> {
  for (const table of tables) await db.deleteFrom(table).execute()
  await dropAllMonths(db)
  const tenantIds = Object.keys(people)
  const campaignIds: string[] = []
  for (const tenantId of tenantIds)
    campaignIds.push((await insertCampaign(db, tenantId, [], { steps: [] })).campaign.id)
  return {
    db,
    tenantIds,
    campaignIds,
    emails: tenantIds.flatMap((tenantId, index) =>
      emailsOf(tenantId, people[tenantId] ?? [], campaignIds[index] ?? ''),
    ),
    writers: new Map(),
    kept: [],
    seen: 0,
    now: start,
    isRestored: false,
    hoursAhead: 0,
    byHand: countByHand(),
  }
}

/** Of two variants of a step, one of a step without, and a single one. */
function emailsOf(
  tenantId: string,
  [mailboxId = '', other = '']: readonly string[],
  campaignId: string,
): Email[] {
  const [step, plain] = [newId(), newId()]
  const places = [
    { campaignId, stepId: step, variant: 1, mailboxId },
    { campaignId, stepId: step, variant: 2, mailboxId },
    { campaignId, stepId: plain, variant: null, mailboxId: other },
    { campaignId: null, stepId: null, variant: null, mailboxId },
  ]
  return places.map((place) => ({ ...place, tenantId, emailId: newId() }))
}

/** The day as it is somewhere, hours ahead of UTC. */
export const dayAt = (at: Date, hoursAhead: number): string =>
  new Date(at.getTime() + hoursAhead * hourMs).toISOString().slice(0, 10)

const delivery = ['sent', 'deferred', 'failed', 'bounced']
export const classOf = (type: string) => (delivery.includes(type) ? 'delivery' : 'engagement')

/** In a transaction that stays open. */
export async function tell(
  world: World,
  { writer: number, type, email, machine, daysAhead }: ActionOf<'tell'>,
) {
  const about = world.emails[email]
  if (!about) throw new Error(`There is no email ${email}.`)
  // The ledger sends an email once: told twice it may be for a while, but not for months.
  if (type === 'sent' && world.byHand.isSendingForgotten(about.emailId)) return
  const writer = world.writers.get(number) ?? { ...(await openTransaction(world.db)), told: [] }
  world.writers.set(number, writer)
  world.now = new Date(world.now.getTime() + 60_000)
  const told: Told = {
    ...about,
    id: newId(),
    type,
    machine: machine && (type === 'opened' || type === 'clicked'),
    recordedAt: world.now,
    sentOn: sentOn(world, writer, about.emailId, type),
  }
  writer.told.push(told)
  await insertEvent(writer, told, new Date(world.now.getTime() + daysAhead * 24 * hourMs))
}

// The day stands on the ledger once the settlement has committed; told twice, it is the same.
function sentOn(world: World, writer: Writer, emailId: string, type: string): string | null {
  const dayIn = (told: readonly Told[]) =>
    told.find((one) => one.type === 'sent' && one.emailId === emailId)?.sentOn
  const known = dayIn([...world.kept, ...writer.told])
  if (known || type !== 'sent') return known ?? null
  const beingTold = dayIn([...world.writers.values()].flatMap(({ told }) => told))
  return beingTold ?? dayAt(world.now, world.hoursAhead)
}

async function insertEvent({ trx }: Writer, told: Told, occurredAt: Date): Promise<void> {
  await trx
    .insertInto('email_events')
    .values({
      id: told.id,
      class: classOf(told.type),
      type: told.type,
      machine: told.machine,
      tenant_id: told.tenantId,
      campaign_id: told.campaignId,
      step_id: told.stepId,
      variant: told.variant,
      email_account_id: told.mailboxId,
      email_id: told.emailId,
      attempt: 1,
      recorded_at: told.recordedAt,
      occurred_at: occurredAt,
      sent_on: told.sentOn,
    })
    .execute()
}

export async function end(world: World, number: number, kept: boolean): Promise<void> {
  const writer = world.writers.get(number)
  world.writers.delete(number)
  await (kept ? writer?.commit() : writer?.rollback())
  if (kept) world.kept.push(...(writer?.told ?? []))
}

export async function endAll(world: World): Promise<void> {
  for (const number of [...world.writers.keys()]) await end(world, number, true)
}

/** A pass has seen what was committed by then: all, or so many. */
export function see(world: World, committed = world.kept.length): void {
  world.byHand.see(world.kept.slice(world.seen, committed))
  world.seen = committed
}
