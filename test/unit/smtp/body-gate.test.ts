import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { BodyGate } from '../../../src/smtp/body-gate.ts'

const body = Buffer.alloc(150_000, 'x')

test('the last chunk waits for the answer, the rest does not', async () => {
  const answer = Promise.withResolvers<boolean>()
  const asked = Promise.withResolvers<void>()
  let seen = 0
  const gate = new BodyGate(
    body,
    () => {
      asked.resolve()
      return answer.promise
    },
    () => {},
  )
  gate.on('data', (chunk: Buffer) => {
    seen += chunk.length
  })
  await asked.promise
  expect(seen).toBeGreaterThan(0)
  expect(seen).toBeLessThan(body.length)
  expect(gate.releasedAt).toBeUndefined()
  answer.resolve(true)
  await new Promise((resolve) => gate.once('end', resolve))
  expect(seen).toBe(body.length)
  expect(gate.releasedAt).toBeDefined()
})

test('a yes that comes after the gate was shut releases nothing', async () => {
  const answer = Promise.withResolvers<boolean>()
  const asked = Promise.withResolvers<void>()
  const gate = new BodyGate(
    Buffer.from('small'),
    () => {
      asked.resolve()
      return answer.promise
    },
    () => {},
  )
  gate.resume()
  await asked.promise
  gate.shut()
  answer.resolve(true)
  await answer.promise
  expect(gate.releasedAt).toBeUndefined()
})

test('a refusal after the release is too late and says nothing', async () => {
  const refusals: string[] = []
  const gate = new BodyGate(
    body,
    () => true,
    (reason) => refusals.push(reason),
  )
  expect((await buffer(gate)).equals(body)).toBe(true)
  gate.refuse('aborted')
  expect(refusals).toEqual([])
})

test('a shut gate opens to a stream that fails', async () => {
  const gate = new BodyGate(
    body,
    () => true,
    () => {},
  )
  gate.refuse('aborted')
  await expect(buffer(gate.open())).rejects.toThrow('given up')
})
