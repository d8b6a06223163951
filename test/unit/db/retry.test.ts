import { expect, test } from 'vitest'
import { isConnectionError, isPassing, isTransientConflict, untilAnswered } from '../../../src/db/retry.ts'

const coded = (code: string) => Object.assign(new Error('x'), { code })

const lost = [
  coded('08006'),
  coded('08P01'),
  coded('57P01'),
  coded('57P03'),
  coded('53300'),
  coded('25P03'),
  coded('ECONNREFUSED'),
  coded('ECONNRESET'),
  coded('EAI_AGAIN'),
  new Error('Connection terminated unexpectedly'),
  new Error('Connection terminated due to connection timeout'),
  new Error('timeout exceeded when trying to connect'),
  new Error('Client has encountered a connection error and is not queryable'),
]
const conflicts = [coded('40001'), coded('40P01')]
// Too full, too busy, told to stop, or a standby that is not promoted yet: nothing to do with what was asked.
const trouble = [
  coded('53100'),
  coded('53200'),
  coded('57014'),
  coded('58030'),
  coded('55P03'),
  coded('25006'),
]
const final = [coded('23505'), coded('22P05'), coded('23514'), coded('42P01'), new TypeError('x'), undefined]

test.each(lost)('%s is a lost connection', (error) => {
  expect(isConnectionError(error)).toBe(true)
})

test.each([...conflicts, ...trouble, ...final])('%s is no lost connection', (error) => {
  expect(isConnectionError(error)).toBe(false)
})

test.each(conflicts)('%s is a conflict', (error) => {
  expect(isTransientConflict(error)).toBe(true)
})

test.each([...lost, ...conflicts, ...trouble])('%s passes', (error) => {
  expect(isPassing(error)).toBe(true)
})

test.each(final)('%s does not pass', (error) => {
  expect(isPassing(error)).toBe(false)
})

/** Fails with each of the errors in turn, then succeeds. */
function failing(...errors: unknown[]) {
  const left = [...errors]
  const tries = { count: 0 }
  const operation = async () => {
    tries.count += 1
    if (left.length > 0) throw left.shift()
    return 'done'
  }
  return { tries, operation }
}

test('work is tried again until the database answers', async () => {
  const { operation, tries } = failing(coded('40001'), coded('ECONNRESET'), coded('25006'))
  const seen: unknown[] = []
  await expect(untilAnswered(operation, { onRetry: (error) => seen.push(error) })).resolves.toBe('done')
  expect(tries.count).toBe(4)
  expect(seen).toHaveLength(3)
})

test('what the database refuses is thrown at once', async () => {
  const { operation, tries } = failing(coded('23505'))
  await expect(untilAnswered(operation)).rejects.toMatchObject({ code: '23505' })
  expect(tries.count).toBe(1)
})

test('work whose commit may stand is not repeated when its connection is lost, but after a conflict', async () => {
  const { operation, tries } = failing(coded('40P01'), coded('57P01'))
  await expect(untilAnswered(operation, { retryLost: false })).rejects.toMatchObject({ code: '57P01' })
  expect(tries.count).toBe(2)
})

test('the waiting ends with the signal, and the last error is thrown', async () => {
  const { operation } = failing(coded('57P01'), coded('57P02'))
  const giveUp = new AbortController()
  const waiting = untilAnswered(operation, { signal: giveUp.signal, onRetry: () => giveUp.abort() })
  await expect(waiting).rejects.toMatchObject({ code: '57P02' })
})
