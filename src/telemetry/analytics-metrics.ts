import { Counter, Gauge, type Registry } from 'prom-client'

export function analyticsMetrics(registry: Registry) {
  const registers = [registry]
  return {
    analyticsEvents: new Counter({
      name: 'rookery_analytics_events_total',
      help: 'Events that passes of the rollup have counted.',
      registers,
    }),
    analyticsPassedAt: new Gauge({
      name: 'rookery_analytics_last_pass_timestamp_seconds',
      help: 'When this process last ended a pass of the rollup; 0 before the first.',
      registers,
    }),
  }
}
