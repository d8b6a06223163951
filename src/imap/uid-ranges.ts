/** UIDs, ascending, as IMAP sequence sets of at most `atOnce` messages each, runs written as `first:last`. */
export function uidRanges(uids: readonly number[], atOnce: number): string[] {
  const sets: string[] = []
  for (let start = 0; start < uids.length; start += atOnce)
    sets.push(sequenceSet(uids.slice(start, start + atOnce)))
  return sets
}

function sequenceSet(uids: readonly number[]): string {
  const runs: [first: number, last: number][] = []
  for (const uid of uids) {
    const run = runs.at(-1)
    if (run && run[1] + 1 === uid) run[1] = uid
    else runs.push([uid, uid])
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}:${last}`)).join(',')
}
