export interface CoalescerOptions<Input, Output> {
  /** Longest an input waits for company, in milliseconds. */
  maxWaitMs: number
  maxBatch: number
  /** Handles one batch; answers in the batch's order. A rejection rejects the whole batch. */
  run: (batch: readonly Input[]) => Promise<readonly Output[]>
}

export interface Coalescer<Input, Output> {
  add(input: Input): Promise<Output>
  /** Inputs taken and not yet answered. */
  readonly pending: number
  /** Resolves when everything added so far is answered. */
  idle(): Promise<void>
}

interface Waiting<Input, Output> {
  input: Input
  resolve: (output: Output) => void
  reject: (error: unknown) => void
}

/**
 * Turns many small calls into few large ones. One batch runs at a time: while it runs the next one
 * fills, so the busier the database, the larger the batches.
 */
export function createCoalescer<Input, Output>(
  options: CoalescerOptions<Input, Output>,
): Coalescer<Input, Output> {
  let queued: Waiting<Input, Output>[] = []
  let timer: NodeJS.Timeout | undefined
  let running = false
  let pending = 0
  let idleWaiters: (() => void)[] = []

  function arm(): void {
    const hasJustFilled = queued.length === options.maxBatch
    if (running || queued.length === 0 || (timer && !hasJustFilled)) return
    clearTimeout(timer)
    const waitMs = queued.length >= options.maxBatch ? 0 : options.maxWaitMs
    timer = setTimeout(() => {
      timer = undefined
      void runBatch()
    }, waitMs)
  }

  async function runBatch(): Promise<void> {
    const batch = queued.slice(0, options.maxBatch)
    queued = queued.slice(batch.length)
    running = true
    try {
      const outputs = await options.run(batch.map((waiting) => waiting.input))
      for (const [index, waiting] of batch.entries()) waiting.resolve(outputs[index] as Output)
    } catch (error) {
      for (const waiting of batch) waiting.reject(error)
    } finally {
      running = false
      pending -= batch.length
      if (pending === 0) releaseIdle()
      arm()
    }
  }

  function releaseIdle(): void {
    const waiters = idleWaiters
    idleWaiters = []
    for (const release of waiters) release()
  }

  return {
    add(input) {
      pending += 1
      return new Promise<Output>((resolve, reject) => {
        queued.push({ input, resolve, reject })
        arm()
      })
    },
    get pending() {
      return pending
    },
    idle() {
      return pending === 0 ? Promise.resolve() : new Promise((resolve) => idleWaiters.push(resolve))
    },
  }
}
