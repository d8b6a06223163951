import { filedAfter } from './human-time.ts'
import type { OpenExchange } from './round.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** With nothing open only the database is asked: what was planned meanwhile is seen at the next look. */
const idleMs = hourMs
/** What is due in between waits for the others: one session for all of them. */
const pauseMs = 10 * minuteMs
/** From when a message should leave to when it may have arrived. */
const travelMs = 3 * minuteMs

/** Whether a session with the mailbox's server may find anything to do. */
export function hasWork(exchanges: readonly OpenExchange[], seed: number, now: Date): boolean {
  return exchanges.some((exchange) => dueAt(exchange, seed) <= now.getTime())
}

/** When the next round of a mailbox is due, by what is open after this one. */
export function nextRoundAt(exchanges: readonly OpenExchange[], seed: number, now: Date): Date {
  const nowMs = now.getTime()
  const looks = exchanges.map((exchange) => nextLook(exchange, dueAt(exchange, seed), nowMs))
  return new Date(Math.max(nowMs + pauseMs, Math.min(nowMs + idleMs, ...looks)))
}

/** A message that is late is looked for ever more rarely. */
function nextLook({ foundAt }: OpenExchange, dueMs: number, nowMs: number): number {
  if (foundAt || dueMs > nowMs) return dueMs
  return nowMs + (nowMs - dueMs < 24 * hourMs ? hourMs / 2 : 6 * hourMs)
}

/** When the next thing is to be done with an exchange: look for it, open it, answer it, put it away. */
function dueAt(exchange: OpenExchange, seed: number): number {
  const { plannedAt, actAfter, wantsReply, replyAfter, token, done } = exchange
  if (!actAfter) return plannedAt.getTime() + travelMs
  if (!done.includes('read')) return actAfter.getTime()
  if (wantsReply && replyAfter && !done.includes('replied')) return replyAfter.getTime()
  return filedAfter(token, replyAfter ?? actAfter, seed).getTime()
}
