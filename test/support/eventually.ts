import { setTimeout as delay } from 'node:timers/promises'

/**
 * Waits until `attempt` neither throws nor returns false, and returns what it returned. When the time is
 * over, the last error is the failure.
 */
export async function eventually<T>(
  attempt: () => Promise<T> | T,
  options: { timeoutMs?: number; intervalMs?: number } = {},
): Promise<Exclude<T, false>> {
  const { timeoutMs = 10_000, intervalMs = 20 } = options
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const { value, error } = await outcome(attempt)
    if (!error && value !== false) return value as Exclude<T, false>
    if (Date.now() >= deadline) throw tooLate(timeoutMs, error)
    await delay(intervalMs)
  }
}

async function outcome<T>(attempt: () => Promise<T> | T): Promise<{ value?: T; error?: Error }> {
  try {
    return { value: await attempt() }
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }
}

function tooLate(timeoutMs: number, error: Error | undefined): Error {
  return new Error(`not within ${timeoutMs} ms: ${error?.message ?? 'still false'}`, { cause: error })
}
