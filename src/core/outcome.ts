/** How a job ended, as its handler sees it. Only the pool runtime turns it into queue calls, logs and metrics. */
export type Outcome =
  | { kind: 'done'; changed: number }
  /** Complete this job and insert its successor, runnable so much later by the database's clock, in one transaction. */
  | { kind: 'continue'; afterMs: number; changed: number }
  /** Will never succeed: to the dead-letter queue, with the reason. */
  | { kind: 'reject'; reason: string }

/** `changed`: rows or messages the job changed; 0 marks a tick that found nothing to do. */
export const done = (changed = 0): Outcome => ({ kind: 'done', changed })
export const continueAfter = (afterMs: number, changed = 0): Outcome => ({
  kind: 'continue',
  afterMs,
  changed,
})
