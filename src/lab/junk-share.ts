import { seededFraction } from '../core/seeded.ts'

/**
 * Which share of a mailbox's incoming mail its provider takes for junk: by address, then by day (YYYY-MM-DD). `*` stands for
 * every address, or day, that is not named.
 */
export type JunkShares = Readonly<Record<string, Readonly<Record<string, number>>>>

/** What the provider asks itself of one message; it always answers the same. */
export function landsInJunk(
  shares: JunkShares,
  message: { address: string; day: string; messageId: string },
  seed = 1,
): boolean {
  const ofMailbox = shares[message.address] ?? shares['*']
  const share = ofMailbox?.[message.day] ?? ofMailbox?.['*'] ?? 0
  return seededFraction(seed, message.address, message.day, message.messageId) < share
}
