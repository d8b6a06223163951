import type { ImapFaults, ImapFront } from './imap-faults.ts'

const changing = ['UID STORE', 'UID MOVE'] as const

/**
 * Cuts connections through these fronts in the middle of what a client changes, after each so many flags set and moves: the
 * server has done it, and nobody hears of it. Returns how often it did.
 */
export function cutConnections(fronts: readonly ImapFront[], every: number): () => number {
  let met = 0
  let cuts = 0
  const faultOn = (at: (typeof changing)[number]): ImapFaults => ({
    drop: {
      at,
      afterBytes: 0,
      when: () => {
        met += 1
        if (met % every !== 0) return false
        cuts += 1
        for (const front of fronts) front.faults = faultOn(changing[cuts % changing.length] ?? at)
        return true
      },
    },
  })
  for (const front of fronts) front.faults = faultOn('UID STORE')
  return () => cuts
}
