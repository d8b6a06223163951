import type { ImapFront } from '../../src/lab/imap-faults.ts'

/** A change that a client asked for, of a message by its folder and UID at that time. */
interface Change {
  place: string
  what: string
}

/**
 * What a mailbox's clients set and moved, heard between them and the server: its own answers (COPYUID, RFC 4315) say where a
 * moved message went. One connection at a time.
 */
export function keepJournal(front: ImapFront) {
  let folder = ''
  const changes: Change[] = []
  const wentTo = new Map<string, string>()
  let destination = ''
  front.onLine = (side, line) => {
    if (side === 'client') hear(line)
    else follow(line)
  }

  function hear(line: string): void {
    const [, opened] = /^(?:SELECT|EXAMINE) ("[^"]*"|\S+)/i.exec(line) ?? []
    if (opened !== undefined) folder = unquoted(opened)
    const [, stored, sign, flags = ''] = /^UID STORE (\S+) ([+-])FLAGS\S* \(([^)]*)\)/i.exec(line) ?? []
    for (const uid of uidsOf(stored))
      for (const flag of flags.split(' ')) changes.push({ place: `${folder} ${uid}`, what: `${sign}${flag}` })
    const [, , to] = /^UID (?:MOVE|COPY) (\S+) ("[^"]*"|\S+)/i.exec(line) ?? []
    if (to !== undefined) destination = unquoted(to)
  }

  function follow(line: string): void {
    const [, from, to] = /\[COPYUID \d+ (\S+) (\S+)\]/i.exec(line) ?? []
    const arrived = uidsOf(to)
    for (const [at, uid] of uidsOf(from).entries()) {
      changes.push({ place: `${folder} ${uid}`, what: `${folder} → ${destination}` })
      wentTo.set(`${folder} ${uid}`, `${destination} ${arrived[at]}`)
    }
  }

  return {
    /** Each change, with the place where its message lies now. */
    changes(): Change[] {
      const last = (place: string): string => {
        const next = wentTo.get(place)
        return next === undefined ? place : last(next)
      }
      return changes.map(({ place, what }) => ({ place: last(place), what }))
    },
  }
}

const unquoted = (text: string): string => text.replace(/^"(.*)"$/, '$1')

function uidsOf(set: string | undefined): number[] {
  return (set?.split(',') ?? []).flatMap((part) => {
    const [first = 0, last = first] = part.split(':').map(Number)
    return Array.from({ length: last - first + 1 }, (_, n) => first + n)
  })
}
