import { z } from 'zod'

/** What a producer may know of a queue: its name, the shape of its payload, how its jobs behave. */
interface QueueContract<Payload> {
  payload: z.ZodType<Payload>
  policy: 'exclusive' | 'standard'
  retryLimit: number
  retryDelaySeconds: number
  /** Longest a handler may run before its attempt is given to another worker. */
  expireSeconds: number
  /** Silence after which a worker counts as dead; pg-boss allows no less than 10 s. */
  heartbeatSeconds: number
  /** How long a completed job is kept. */
  deleteAfterSeconds: number
}

const contract = <Payload>(queue: QueueContract<Payload>): QueueContract<Payload> => queue

const day = 86_400

export const laneNames = ['high', 'normal', 'low'] as const
export type LaneName = (typeof laneNames)[number]

/** Job priorities of the documents' `email-sending:high` and `:low`; pools are served by these ranges. */
export const lanePriority: Record<LaneName, number> = { high: 10, normal: 0, low: -10 }

export const queues = {
  // A lane's job cannot die: it retries for ever at a short delay and ends only by running.
  // It expires after the longest SMTP wait (10 minutes for the reply to the dot) and a quantum.
  'email-sending': contract({
    payload: z.object({ tenantId: z.uuid(), mailboxId: z.uuid(), lane: z.enum(laneNames) }),
    policy: 'exclusive',
    retryLimit: 1_000_000,
    retryDelaySeconds: 5,
    expireSeconds: 900,
    heartbeatSeconds: 10,
    deleteAfterSeconds: 3600,
  }),
  // A sync that fails is planned again by the scheduler; its retries are for workers that died.
  'email-processing': contract({
    payload: z.object({ tenantId: z.uuid(), mailboxId: z.uuid() }),
    policy: 'exclusive',
    retryLimit: 3,
    retryDelaySeconds: 5,
    expireSeconds: 900,
    heartbeatSeconds: 15,
    deleteAfterSeconds: 3600,
  }),
  // A handler that fails five times is looked at by a person; acting is one transaction, so a retry is harmless.
  'bounce-processing': contract({
    payload: z.object({ tenantId: z.uuid(), messageId: z.uuid() }),
    policy: 'standard',
    retryLimit: 5,
    retryDelaySeconds: 5,
    expireSeconds: 300,
    heartbeatSeconds: 10,
    deleteAfterSeconds: 7 * day,
  }),
  // A round that fails is planned again by the scheduler; its retries are for workers that died.
  'warmup-processing': contract({
    payload: z.object({ tenantId: z.uuid(), mailboxId: z.uuid() }),
    policy: 'exclusive',
    retryLimit: 3,
    retryDelaySeconds: 5,
    expireSeconds: 900,
    heartbeatSeconds: 15,
    deleteAfterSeconds: 3600,
  }),
  // A pass counts for all tenants. One that fails loses nothing: the next counts what it would have.
  'analytics-daily': contract({
    payload: z.object({ pass: z.enum(['hourly', 'closing', 'audit']) }),
    policy: 'exclusive',
    retryLimit: 5,
    retryDelaySeconds: 30,
    expireSeconds: 3600,
    heartbeatSeconds: 30,
    deleteAfterSeconds: 7 * day,
  }),
  'analytics-campaign': contract({
    payload: z.object({}),
    policy: 'exclusive',
    retryLimit: 5,
    retryDelaySeconds: 30,
    expireSeconds: 900,
    heartbeatSeconds: 30,
    deleteAfterSeconds: 7 * day,
  }),
  'analytics-billing': contract({
    payload: z.object({}),
    policy: 'exclusive',
    retryLimit: 5,
    retryDelaySeconds: 30,
    expireSeconds: 900,
    heartbeatSeconds: 30,
    deleteAfterSeconds: 7 * day,
  }),
  'system-maintenance': contract({
    payload: z.object({ task: z.enum(['partitions', 'prune', 'guardrails', 'warmup']) }),
    policy: 'exclusive',
    retryLimit: 5,
    retryDelaySeconds: 30,
    expireSeconds: 900,
    heartbeatSeconds: 30,
    deleteAfterSeconds: 7 * day,
  }),
} as const

export type QueueName = keyof typeof queues
export type Payload<Name extends QueueName> = z.infer<(typeof queues)[Name]['payload']>

export const queueNames = Object.keys(queues) as QueueName[]

/** Jobs that were rejected or ran out of retries; redriven by hand. */
export const deadLetterQueue = (name: QueueName): string => `${name}-dead-letter`

/** pg-boss deletes queued jobs silently after this long; far beyond any pause. */
export const queuedRetentionSeconds = 3650 * day

/** The key of a lane's one live job. */
export const laneKey = (mailboxId: string, lane: LaneName): string => `${mailboxId}:${lane}`
