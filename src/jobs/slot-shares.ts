/** How many of a process's slots one party, such as a host or a tenant, may hold. */
export interface SlotShares {
  /** Undefined when one of the parties already holds its share; else gives the slot back when called. */
  take(...parties: string[]): (() => void) | undefined
}

/** `share` of `slots`, at least one: a host that hangs, or a tenant with a thousand mailboxes, cannot hold them all. */
export function createSlotShares(slots: () => number, share: number): SlotShares {
  const held = new Map<string, number>()
  const most = () => Math.max(1, Math.floor(slots() * share))
  const count = (party: string) => held.get(party) ?? 0
  const add = (party: string, by: number) => {
    const next = count(party) + by
    if (next > 0) held.set(party, next)
    else held.delete(party)
  }

  return {
    take(...parties) {
      if (parties.some((party) => count(party) >= most())) return undefined
      for (const party of parties) add(party, 1)
      return () => {
        for (const party of parties) add(party, -1)
      }
    },
  }
}
