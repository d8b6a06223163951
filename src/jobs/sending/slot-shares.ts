/** How many of a process's sending slots one SMTP host or one tenant may hold. */
export interface SlotShares {
  /** Undefined when host or tenant already holds its share; else gives the slot back when called. */
  take(host: string, tenantId: string): (() => void) | undefined
}

/** `share` of `slots`, at least one: a host that hangs, or a tenant with a thousand mailboxes, cannot hold them all. */
export function createSlotShares(slots: () => number, share: number): SlotShares {
  const held = new Map<string, number>()
  const most = () => Math.max(1, Math.floor(slots() * share))
  const count = (key: string) => held.get(key) ?? 0
  const add = (key: string, by: number) => {
    const next = count(key) + by
    if (next > 0) held.set(key, next)
    else held.delete(key)
  }

  return {
    take(host, tenantId) {
      const keys = [`host ${host}`, `tenant ${tenantId}`]
      if (keys.some((key) => count(key) >= most())) return undefined
      for (const key of keys) add(key, 1)
      return () => {
        for (const key of keys) add(key, -1)
      }
    },
  }
}
