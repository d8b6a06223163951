/** How many of a process's slots one party, such as a host or a tenant, may hold. */
export interface SlotShares {
  /** Undefined when one of the parties already holds its share; else gives the slot back when called. */
  take(...parties: string[]): Leave | undefined
  /** The same, in turn, once the parties' shares allow it; undefined when they did not within so many milliseconds. */
  takeWithin(waitMs: number, ...parties: string[]): Promise<Leave | undefined>
}

type Leave = () => void

interface Waiter {
  parties: readonly string[]
  settle(leave: Leave | undefined): void
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

  const waiters = new Set<Waiter>()

  function take(parties: readonly string[]): Leave | undefined {
    if (parties.some((party) => count(party) >= most())) return undefined
    for (const party of parties) add(party, 1)
    return () => {
      for (const party of parties) add(party, -1)
      letIn()
    }
  }

  function letIn(): void {
    for (const waiter of waiters) {
      const leave = take(waiter.parties)
      if (leave) waiter.settle(leave)
    }
  }

  return {
    take: (...parties) => take(parties),
    takeWithin(waitMs, ...parties) {
      const leave = take(parties)
      if (leave) return Promise.resolve(leave)
      return new Promise((resolve) => {
        const timer = setTimeout(() => waiter.settle(undefined), waitMs)
        const waiter: Waiter = {
          parties,
          settle(taken) {
            clearTimeout(timer)
            waiters.delete(waiter)
            resolve(taken)
          },
        }
        waiters.add(waiter)
      })
    },
  }
}
