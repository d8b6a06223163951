import { continueAfter, done, type Outcome } from '../core/outcome.ts'
import type { Db } from '../db/connect.ts'
import type { Handler } from '../queue/pool.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { hasMidnightPassed } from '../tenants/midnight-store.ts'
import { audit, rollUp } from './analytics/roll-up.ts'

export interface AnalyticsDailyRoom {
  db: Db
  log: Logger
  metrics: Pick<Metrics, 'analyticsEvents' | 'analyticsPassedAt'>
}

/** Counts what is new, every hour and after the midnight of each tenant and mailbox; once a night, counts all again and compares. */
export function analyticsDaily(room: AnalyticsDailyRoom): Handler<'analytics-daily'> {
  return async ({ pass }) => {
    if (pass === 'audit') return auditAll(room)
    if (pass === 'closing' && !(await hasMidnightPassed(room.db, closingMinutes))) return done()
    return countNew(room)
  }
}

// The cron comes every 15 minutes, and may come a little late.
const closingMinutes = 20

/** Another pass, or a rebuild by hand, is at it: after it there may be something left. */
const busyMs = 10_000

async function countNew({ db, log, metrics }: AnalyticsDailyRoom): Promise<Outcome> {
  const pass = await rollUp(db)
  if (!pass) return continueAfter(busyMs)
  metrics.analyticsEvents.inc(pass.events)
  metrics.analyticsPassedAt.setToCurrentTime()
  if (pass.events > 0) log.info({ events: pass.events }, 'analytics.counted')
  return done(pass.events)
}

async function auditAll({ db, log }: AnalyticsDailyRoom): Promise<Outcome> {
  const differences = await audit(db, { from: '-infinity', to: 'infinity' })
  if (!differences) return continueAfter(busyMs)
  for (const difference of differences.slice(0, mostLogged)) log.error(difference, 'analytics.differs')
  return done(differences.length)
}

const mostLogged = 10
