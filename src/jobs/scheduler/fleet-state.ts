import type { Db } from '../../db/connect.ts'
import { countOpenNotifications } from '../../guardrails/notification-store.ts'
import { listQueueHealth } from '../../queue/health.ts'
import { readBacklog } from '../../sending/status-store.ts'
import type { FleetState } from '../../telemetry/fleet-gauges.ts'
import { readWarmupState } from '../../warmup/gauge-store.ts'

/** What the scheduler's gauges show of the whole fleet. */
export async function readFleetState(db: Db): Promise<FleetState> {
  const [queues, backlog, openNotifications, warmup] = await Promise.all([
    listQueueHealth(db),
    readBacklog(db),
    countOpenNotifications(db),
    readWarmupState(db),
  ])
  const jobs = queues.flatMap(({ queue, waiting, running, failed }) => [
    { queue, state: 'queued', count: waiting },
    { queue, state: 'running', count: running },
    { queue, state: 'failed', count: failed },
  ])
  return { jobs, ...backlog, openNotifications, warmup }
}
