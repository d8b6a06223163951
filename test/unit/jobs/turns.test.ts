import { expect, test } from 'vitest'
import { type Chore, takeTurns } from '../../../src/jobs/maintenance/turns.ts'

/** Batches of 10 of so many rows; `log` is told whose turn it was. */
function chore(what: string, rows: number, log: string[], mostRows?: number): Chore {
  let left = rows
  return {
    what,
    keptFor: 'a day',
    batched: true,
    ...(mostRows !== undefined && { mostRows }),
    count: async () => left,
    prune: async () => {
      log.push(what)
      const gone = Math.min(left, 10)
      left -= gone
      return gone
    },
  }
}

const signal = new AbortController().signal

test('one with much to do keeps no other waiting for longer than a batch', async () => {
  const log: string[] = []
  const pruned = await takeTurns(
    [chore('huge', 45, log), chore('small', 5, log), chore('none', 0, log)],
    signal,
  )
  expect(log.slice(0, 5)).toEqual(['huge', 'small', 'none', 'huge', 'small'])
  expect(pruned.map(({ rows, finished }) => [rows, finished])).toEqual([
    [45, true],
    [5, true],
    [0, true],
  ])
})

test('what is over the most of a night waits for the next, and says so', async () => {
  const huge = chore('huge', 60, [], 20)
  expect(await takeTurns([huge], signal)).toMatchObject([{ rows: 20, finished: false }])
  expect(await takeTurns([huge], signal)).toMatchObject([{ rows: 20, finished: false }])
  expect(await takeTurns([huge], signal)).toMatchObject([{ rows: 20, finished: true }])
})

test('what is not done in batches has one turn', async () => {
  const log: string[] = []
  await takeTurns([{ ...chore('whole', 45, log), batched: false }], signal)
  expect(log).toEqual(['whole'])
})

test('an end in the middle leaves the rest for the next time', async () => {
  const stop = new AbortController()
  const first = chore('first', 45, [])
  const prune = async () => {
    stop.abort()
    return 10
  }
  const stopping = { ...chore('second', 45, []), prune }
  expect(await takeTurns([first, stopping, chore('third', 5, [])], stop.signal)).toMatchObject([
    { rows: 10, finished: false },
    { rows: 10, finished: false },
    { rows: 0, finished: false },
  ])
})

test('what has to stay has no further turn, and is not finished', async () => {
  const prune = async () => undefined
  const staying = { ...chore('staying', 45, []), prune }
  const whole = { ...staying, batched: false }
  expect(await takeTurns([staying, whole], signal)).toMatchObject([
    { rows: 0, finished: false },
    { rows: 0, finished: false },
  ])
})
