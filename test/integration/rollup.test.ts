import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { audit } from '../../src/jobs/analytics/roll-up.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { action } from '../support/rollup-actions.ts'
import { act } from '../support/rollup-play.ts'
import { readFigures } from '../support/rollup-stored.ts'
import { endAll, insertPeople, openWorld } from '../support/rollup-world.ts'

let database: TestDatabase
let people: Awaited<ReturnType<typeof insertPeople>>

beforeAll(async () => {
  database = await createTestDatabase({ maxConnections: 12 })
  people = await insertPeople(database.db)
})
afterAll(() => database.close())

const worlds = Number(process.env.ROLLUP_WORLDS ?? 3)
const { ROLLUP_SEED: seed, ROLLUP_PATH: path } = process.env
/** As a failure printed them. */
const replay = { ...(seed && { seed: Number(seed) }), ...(path && { path }) }

test('whatever is told late, early, doubled or beside passes that are killed, each figure is that of the events', async () => {
  const { db } = database
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 20, maxLength: 60 }), async (actions) => {
      const world = await openWorld(db, people)
      try {
        for (const one of actions) {
          await act(world, one)
          if (one.what === 'pass') expect(await readFigures(db)).toEqual(world.byHand.read())
        }
      } finally {
        await endAll(world)
      }
      await act(world, { what: 'pass', how: 'alone', at: 'daily_analytics', writer: 0 })
      expect(await readFigures(db)).toEqual(world.byHand.read())
      expect(await audit(db, { from: '-infinity', to: 'infinity' })).toEqual([])
    }),
    { numRuns: worlds, endOnFailure: true, ...replay },
  )
}, 3_600_000)
