import { Gauge } from 'prom-client'
import { remember, type StateReading } from './fleet-gauges.ts'
import type { Metrics } from './metrics.ts'

/** How the last audit of all figures ended, whichever process took it. */
interface AuditState {
  at: Date
  differences: number
}

/** Adds gauges that the database fills at each scrape of any process; absent before the first audit, or while it cannot. */
export function addAuditGauges(metrics: Metrics, reading: StateReading<AuditState | undefined>): void {
  const latestAudit = remember(reading, () => metrics.databaseErrors.inc())
  const add = (name: string, help: string, read: (audit: AuditState) => number) =>
    new Gauge({
      name,
      help,
      registers: [metrics.registry],
      async collect() {
        const audit = await latestAudit()
        this.remove({})
        if (audit) this.set(read(audit))
      },
    })
  add(
    'rookery_analytics_audit_differences',
    'Rows by which stored figures differed from what they are derived from in the last audit.',
    ({ differences }) => differences,
  )
  add(
    'rookery_analytics_audit_timestamp_seconds',
    'When the last audit was taken, in Unix time.',
    ({ at }) => at.getTime() / 1000,
  )
}
