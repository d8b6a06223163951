import { seededFraction } from '../core/seeded.ts'
import { whenAwake } from '../core/waking-hours.ts'

const minuteMs = 60_000

/** What the owner of a mailbox does with one message, and when; the same for the same seed and token. */
export interface Reaction {
  /** Opened, and out of Junk if it was there. */
  actAfter: Date
  wantsReply: boolean
  replyAfter: Date | null
}

export interface Reactor {
  seed: number
  zone: string
  /** Of the messages that may be answered. */
  replyShare: number
}

/** No answer sooner than this after the message came, and none later. */
const answeredAfterMs = 45 * minuteMs
export const answeredWithinMs = 7 * 86_400_000
/** A thread has at most so many messages. */
const deepestThread = 4

/** Minutes to hours after a message was found, never at night in the mailbox's zone. */
export function reactionTo(
  message: { token: string; depth: number; internalDate: Date; mayAnswer: boolean },
  { seed, zone, replyShare }: Reactor,
  now: Date,
): Reaction {
  const chance = (what: string) => seededFraction(seed, message.token, what)
  // Most are opened soon, some only after hours.
  const openedAfterMs = (4 + 180 * chance('open') ** 2) * minuteMs
  const actAfter = whenAwake(new Date(now.getTime() + openedAfterMs), zone, chance('morning'))
  const mayAnswer = message.mayAnswer && message.depth < deepestThread
  if (!mayAnswer || chance('answers') >= replyShare) return { actAfter, wantsReply: false, replyAfter: null }
  const typedMs = actAfter.getTime() + (2 + 40 * chance('types')) * minuteMs
  const earliestMs = message.internalDate.getTime() + answeredAfterMs + chance('waits') * 30 * minuteMs
  const replyAfter = whenAwake(new Date(Math.max(typedMs, earliestMs)), zone, chance('answers next morning'))
  return { actAfter, wantsReply: true, replyAfter }
}

/** When the nth of the answers that are due at once is sent: one to five minutes after the one before, on no round minute. */
export function answerTime(token: string, nth: number, now: Date, seed: number): Date {
  const gap = 3 * nth + Math.floor(2 * seededFraction(seed, token, 'gap'))
  const minutes = Math.floor(now.getTime() / minuteMs) + gap
  return new Date((minutes + 1) * minuteMs + (4 + 52 * seededFraction(seed, token, 'second')) * 1000)
}

/** A message that was opened or answered is put away after 5 to 45 minutes. */
export function filedAfter(token: string, doneWith: Date, seed: number): Date {
  return new Date(doneWith.getTime() + (5 + 40 * seededFraction(seed, token, 'file')) * minuteMs)
}
