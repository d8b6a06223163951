import { expect, test } from 'vitest'
import { watchOutage } from '../../../src/db/outage.ts'

const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' })

function watch() {
  const said: unknown[] = []
  let nowMs = 1000
  const outage = watchOutage({
    monotonicMs: () => nowMs,
    onAway: (error) => said.push(error),
    onBack: (seconds) => said.push(seconds),
  })
  return { outage, said, passMs: (ms: number) => (nowMs += ms) }
}

test('an outage is said once, and its end with its length', () => {
  const { outage, said, passMs } = watch()
  outage.answered()
  expect([outage.covers(refused), outage.covers(refused), outage.covers(refused)]).toEqual([true, true, true])
  passMs(2500)
  outage.answered()
  outage.answered()
  expect(said).toEqual([refused, 2.5])
  outage.covers(refused)
  expect(said).toEqual([refused, 2.5, refused])
})

test('what is wrong with a statement is no outage', () => {
  const { outage, said } = watch()
  expect(outage.covers(Object.assign(new Error('column does not exist'), { code: '42703' }))).toBe(false)
  expect(said).toEqual([])
})
