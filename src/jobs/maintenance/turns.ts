/** One kind of thing that is kept for a while. */
export interface Chore {
  what: string
  /** In words. */
  keptFor: string
  /** Rows that are kept no longer. */
  count(): Promise<number>
  /** Deletes them, or a batch of them; returns how many. Undefined: what is left has to stay for another night. */
  prune(): Promise<number | undefined>
  /** Only what is deleted in batches has further turns, until one finds nothing. */
  batched: boolean
  /** Rows of a night, or up to a batch more; the others wait for the next. */
  mostRows?: number
}

export interface Pruned {
  chore: Chore
  rows: number
  /** False where rows were left for the next night. */
  finished: boolean
}

/** Gives each chore a turn of one batch after the other, so that one with much to do keeps no other from its own. */
export async function takeTurns(chores: readonly Chore[], signal: AbortSignal): Promise<Pruned[]> {
  const pruned = chores.map((chore): Pruned => ({ chore, rows: 0, finished: false }))
  let waiting = pruned
  while (waiting.length > 0 && !signal.aborted) {
    const left: Pruned[] = []
    for (const one of waiting) {
      if (signal.aborted) break
      if (await takeTurn(one)) left.push(one)
    }
    waiting = left
  }
  for (const one of pruned)
    if (!signal.aborted && !one.finished) one.finished = (await one.chore.count()) === 0
  return pruned
}

/** Returns whether another turn would find more of tonight. */
async function takeTurn(one: Pruned): Promise<boolean> {
  const rows = await one.chore.prune()
  if (rows === undefined) return false
  one.rows += rows
  one.finished = rows === 0 || !one.chore.batched
  return !one.finished && one.rows < mostOf(one.chore)
}

/** Rows that a night deletes at most. */
export const mostOf = ({ mostRows = Number.POSITIVE_INFINITY }: Chore): number => mostRows
