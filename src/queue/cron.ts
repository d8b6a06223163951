import type { QueueClient } from './boss.ts'

/** Puts the recurring maintenance on pg-boss's cron, which fires each occurrence once however many schedulers run. */
export async function scheduleMaintenance(queue: QueueClient): Promise<void> {
  await queue.boss.schedule(
    'system-maintenance',
    '7 * * * *',
    { task: 'partitions' },
    { key: 'partitions', singletonKey: 'partitions' },
  )
  await queue.boss.schedule(
    'system-maintenance',
    '37 3 * * *',
    { task: 'prune' },
    { key: 'prune', singletonKey: 'prune' },
  )
  await queue.boss.schedule(
    'system-maintenance',
    '*/15 * * * *',
    { task: 'guardrails' },
    { key: 'guardrails', singletonKey: 'guardrails' },
  )
  await queue.boss.schedule(
    'system-maintenance',
    '22 * * * *',
    { task: 'warmup' },
    { key: 'warmup', singletonKey: 'warmup' },
  )
}
