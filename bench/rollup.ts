import { sql } from 'kysely'
import { listDays, listStepFigures, listTenantCampaigns } from '../src/analytics/report-store.ts'
import type { Db } from '../src/db/connect.ts'
import { audit, rebuild, rollUp } from '../src/jobs/analytics/roll-up.ts'
import { type Ground, openGround } from './ground.ts'
import { addFresh } from './rollup/fresh.ts'
import { eventsPerEmail, type HistoryPlan, type Rotation } from './rollup/history.ts'
import { insertFleet, loadHistory } from './rollup/load.ts'

const dayMs = 86_400_000
const days = 90

/** Seeded events of 200 campaigns over 90 days: what a pass, a rebuild and the dashboard cost beside so many of them. */
export async function benchRollup(options: {
  events: number
  fresh: number
}): Promise<Record<string, unknown>> {
  const ground = await openGround()
  try {
    const rotations = await insertFleet(ground.pool, { tenants: 5, campaigns: 200, mailboxes: 1000 })
    const plan = planOf(rotations, options.events)
    const { emails, events } = await loadHistory(ground, plan)
    await ground.pool.query('vacuum analyze')
    return { events, emails, ...(await measure(ground, plan, options.fresh)) }
  } finally {
    await ground.close()
  }
}

function planOf(rotations: readonly Rotation[], events: number): HistoryPlan {
  const today = Math.floor(Date.now() / dayMs) * dayMs
  const emailsPerDay = Math.round(events / eventsPerEmail / days)
  return { seed: 1, rotations, from: today - days * dayMs, days, emailsPerDay, until: today }
}

async function measure(ground: Ground, plan: HistoryPlan, count: number) {
  const { db } = ground
  const rebuildSeconds = await seconds(() => rebuild(db))
  const { added, passSeconds } = await measurePasses(ground, plan, count)
  const idleSeconds = await seconds(() => rollUp(db))
  let differences: number | undefined
  const auditSeconds = await seconds(async () => {
    differences = (await audit(db, { from: '2000-01-01', to: '2100-01-01' }))?.length
  })
  return {
    'new events': added,
    'pass over them, s': passSeconds,
    'pass over nothing, s': idleSeconds,
    'rebuild, s': rebuildSeconds,
    'audit, s': auditSeconds,
    differences,
    ...(await measureDashboard(db, plan)),
  }
}

/** The median of three hours. */
async function measurePasses(ground: Ground, plan: HistoryPlan, count: number) {
  const hours: { added: number; passSeconds: number }[] = []
  for (const hour of [0, 1, 2]) {
    const added = await addFresh(ground, plan, { count, hour })
    hours.push({ added, passSeconds: await seconds(() => rollUp(ground.db)) })
  }
  const [, median] = hours.sort((a, b) => a.passSeconds - b.passSeconds)
  if (!median) throw new Error('no hour was measured')
  return median
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return Number(((performance.now() - start) / 1000).toFixed(2))
}

/** Each query for many tenants, campaigns and mailboxes, one after the other: the slowest of them. */
async function measureDashboard(db: Db, { rotations, until }: HistoryPlan) {
  await sql`analyze`.execute(db)
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  const last30 = { from: day(until - 30 * dayMs), to: day(until) }
  const some = rotations.slice(0, 50)
  return {
    "a tenant's 30 days by campaign, slowest ms": await slowestMs(some, ({ tenantId }) =>
      listTenantCampaigns(db, { tenantId, ...last30 }),
    ),
    "a campaign's funnel, slowest ms": await slowestMs(some, (campaign) => listStepFigures(db, campaign)),
    "a mailbox's curve, slowest ms": await slowestMs(some, ({ tenantId, mailboxIds: [mailboxId] }) =>
      listDays(db, { tenantId, mailboxId, from: day(until - days * dayMs), to: day(until) }),
    ),
  }
}

async function slowestMs(rotations: readonly Rotation[], query: (of: Rotation) => Promise<unknown>) {
  let slowest = 0
  for (const rotation of rotations) slowest = Math.max(slowest, await seconds(() => query(rotation)))
  return Math.round(slowest * 1000)
}
