import { describe, expect, test } from 'vitest'
import { createCoalescer } from '../../../src/core/coalescer.ts'

/** A batch handler whose answers the test gives by hand. */
function byHand() {
  const batches: { inputs: readonly number[]; answer: () => void; refuse: (error: Error) => void }[] = []
  const run = (inputs: readonly number[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
    const answer = () => resolve(inputs.map((input) => `answer ${input}`))
    batches.push({ inputs, answer, refuse: reject })
    return promise
  }
  const batch = async (index: number) => {
    while (!batches[index]) await new Promise(setImmediate)
    return batches[index]
  }
  return { batches, run, batch }
}

describe('a coalescer', () => {
  test('gathers what comes within the wait into one batch and answers each its own', async () => {
    const { run, batches, batch } = byHand()
    const coalescer = createCoalescer({ maxWaitMs: 1, maxBatch: 10, run })
    const answers = [coalescer.add(1), coalescer.add(2), coalescer.add(3)]
    ;(await batch(0)).answer()
    expect(await Promise.all(answers)).toEqual(['answer 1', 'answer 2', 'answer 3'])
    expect(batches).toHaveLength(1)
  })

  test('fills the next batch while one runs, and never runs two', async () => {
    const { run, batches, batch } = byHand()
    const coalescer = createCoalescer({ maxWaitMs: 0, maxBatch: 10, run })
    const first = coalescer.add(1)
    const running = await batch(0)
    const later = [coalescer.add(2), coalescer.add(3)]
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(batches).toHaveLength(1)
    running.answer()
    await first
    const next = await batch(1)
    expect(next.inputs).toEqual([2, 3])
    next.answer()
    expect(await Promise.all(later)).toEqual(['answer 2', 'answer 3'])
  })

  test('takes no more than the most into a batch, and the rest at once into the next', async () => {
    const { run, batch } = byHand()
    const coalescer = createCoalescer({ maxWaitMs: 60_000, maxBatch: 2, run })
    const answers = [1, 2, 3, 4, 5].map((input) => coalescer.add(input))
    const done = Promise.all(answers.slice(0, 4))
    for (const index of [0, 1]) (await batch(index)).answer()
    expect(await done).toHaveLength(4)
    expect(coalescer.pending).toBe(1)
  })

  test('rejects the whole of a batch that fails, and goes on with the next', async () => {
    const { run, batch } = byHand()
    const coalescer = createCoalescer({ maxWaitMs: 0, maxBatch: 10, run })
    const failing = [coalescer.add(1), coalescer.add(2)]
    const settled = Promise.allSettled(failing)
    ;(await batch(0)).refuse(new Error('no'))
    expect((await settled).map((one) => one.status)).toEqual(['rejected', 'rejected'])
    const next = coalescer.add(3)
    ;(await batch(1)).answer()
    expect(await next).toBe('answer 3')
  })

  test('is idle once everything is answered', async () => {
    const { run, batch } = byHand()
    const coalescer = createCoalescer({ maxWaitMs: 0, maxBatch: 1, run })
    await coalescer.idle()
    const order: string[] = []
    const answers = [coalescer.add(1), coalescer.add(2)]
    const idle = coalescer.idle().then(() => order.push('idle'))
    for (const [index, answer] of answers.entries()) {
      expect(coalescer.pending).toBe(2 - index)
      ;(await batch(index)).answer()
      await answer
      order.push(`answered ${index}`)
    }
    await idle
    expect(order.at(-1)).toBe('idle')
    expect(coalescer.pending).toBe(0)
  })
})
