import type { QueueClient } from './boss.ts'
import type { Payload, QueueName } from './catalogue.ts'

interface Recurring<Name extends QueueName> {
  queue: Name
  /** In UTC. */
  cron: string
  payload: Payload<Name>
  /** Of its one live job. */
  key: string
}

const recurring = <Name extends QueueName>(
  queue: Name,
  cron: string,
  key: string,
  payload: Payload<Name>,
): Recurring<Name> => ({ queue, cron, payload, key })

const schedules = [
  recurring('system-maintenance', '7 * * * *', 'partitions', { task: 'partitions' }),
  recurring('system-maintenance', '37 3 * * *', 'prune', { task: 'prune' }),
  recurring('system-maintenance', '*/15 * * * *', 'guardrails', { task: 'guardrails' }),
  recurring('system-maintenance', '22 * * * *', 'warmup', { task: 'warmup' }),
  recurring('analytics-daily', '3 * * * *', 'hourly', { pass: 'hourly' }),
  // In UTC, midnight comes at the hour, at half past or at a quarter past it (+5:45, +8:45, +12:45): of all zones there are.
  recurring('analytics-daily', '*/15 * * * *', 'closing', { pass: 'closing' }),
  recurring('analytics-daily', '22 4 * * *', 'audit', { pass: 'audit' }),
  recurring('analytics-campaign', '8 * * * *', 'campaign', {}),
  recurring('analytics-billing', '9 * * * *', 'billing', {}),
] as const

/** Puts recurring work on pg-boss's cron, which fires each occurrence once however many schedulers run. */
export async function scheduleRecurring({ boss }: QueueClient): Promise<void> {
  for (const { queue, cron, payload, key } of schedules)
    await boss.schedule(queue, cron, payload, { key, singletonKey: key })
}
