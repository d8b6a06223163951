import type { ImapFailure } from './errors.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** A wrong password stays wrong and repeated tries lock accounts; a connection comes back by itself. */
const ranges = {
  auth: { firstMs: 15 * minuteMs, longestMs: 6 * hourMs },
  connection: { firstMs: minuteMs, longestMs: hourMs },
}

/**
 * When a mailbox is looked at again after `failures` failures in a row (this one included): the wait doubles from 15 min
 * to 6 h for a refused login, from 1 min to 1 h for all else. `jitter` in [0, 1) takes up to a fifth off, so that
 * mailboxes that failed together do not return together.
 */
export function nextSyncAfterFailure(failures: number, kind: ImapFailure, now: Date, jitter: number): Date {
  const { firstMs, longestMs } = kind === 'auth_failed' ? ranges.auth : ranges.connection
  const doublings = Math.min(Math.max(failures - 1, 0), 16)
  const waitMs = Math.min(longestMs, firstMs * 2 ** doublings)
  return new Date(now.getTime() + Math.max(firstMs, Math.round(waitMs * (1 - 0.2 * jitter))))
}
