import fc from 'fast-check'

const types = [
  'sent',
  'deferred',
  'failed',
  'bounced',
  'opened',
  'clicked',
  'replied',
  'auto_replied',
  'unsubscribed',
  'complained',
] as const

/** Those that a pass writes, in the order in which it comes to them: where it can be stopped. */
const written = [
  'daily_step_analytics',
  'daily_analytics',
  'campaign_analytics',
  'analytics_watermark',
] as const

const told = fc.record({
  what: fc.constant('tell' as const),
  writer: fc.nat(3),
  type: fc.oneof(
    { weight: 2, arbitrary: fc.constant('sent' as const) },
    { weight: 5, arbitrary: fc.constantFrom(...types) },
  ),
  email: fc.nat(7),
  machine: fc.boolean(),
  /** By what the event says of itself. */
  daysAhead: fc.integer({ min: -400, max: 400 }),
})
const ended = fc.record({ what: fc.constant('end' as const), writer: fc.nat(3), kept: fc.boolean() })
const waited = fc.record({ what: fc.constant('wait' as const), hours: fc.nat(200) })
const passed = fc.record({
  what: fc.constant('pass' as const),
  how: fc.constantFrom('alone', 'alone', 'twice', 'killed', 'beside', 'rebuild', 'rebuild', 'audit'),
  at: fc.constantFrom(...written),
  writer: fc.nat(3),
})
const sealed = fc.record({
  what: fc.constant('seal' as const),
  tenant: fc.constantFrom(0, 1, null),
  daysAgo: fc.nat(10),
})
const dropped = fc.record({ what: fc.constant('drop' as const) })
const forgotten = fc.record({ what: fc.constant('forget' as const) })
const moved = fc.record({ what: fc.constant('move' as const), email: fc.nat(7) })
const zoned = fc.record({ what: fc.constant('zone' as const), hoursAhead: fc.constantFrom(-11, 0, 5, 14) })
const deleted = fc.record({ what: fc.constant('delete' as const), campaign: fc.nat(1) })
const restored = fc.record({
  what: fc.constant('restore' as const),
  transactions: fc.constantFrom('more' as const, 'fewer' as const),
})
const month = fc.record({ what: fc.constant('month' as const), at: fc.constantFrom(...written) })

/** What may befall a rollup, one after the other. */
export const action = fc.oneof(
  { weight: 14, arbitrary: told },
  { weight: 7, arbitrary: ended },
  { weight: 3, arbitrary: waited },
  { weight: 6, arbitrary: passed },
  { weight: 3, arbitrary: sealed },
  { weight: 1, arbitrary: dropped },
  { weight: 1, arbitrary: forgotten },
  { weight: 1, arbitrary: moved },
  { weight: 1, arbitrary: zoned },
  { weight: 1, arbitrary: deleted },
  { weight: 1, arbitrary: restored },
  { weight: 1, arbitrary: month },
)
export type Action = typeof action extends fc.Arbitrary<infer Of> ? Of : never
export type ActionOf<What extends Action['what']> = Extract<Action, { what: What }>
