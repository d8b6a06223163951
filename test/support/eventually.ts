import { setTimeout as delay } from 'node:timers/promises'

/**
 * Waits until `attempt` returns something other than undefined or false without throwing, and returns it.
 * When the time is over, the last error is the failure.
 */
export async function eventually<T>(
  attempt: () => Promise<T> | T,
  options: { timeoutMs?: number; intervalMs?: number } = {},
): Promise<Exclude<T, undefined | false>> {
  const { timeoutMs = 10_000, intervalMs = 20 } = options
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const { value, error } = await outcome(attempt)
    if (error === undefined && value !== undefined && value !== false)
      return value as Exclude<T, undefined | false>
    if (Date.now() >= deadline)
      throw new Error(
        `not within ${timeoutMs} ms: ${error instanceof Error ? error.message : `got ${value}`}`,
        {
          cause: error,
        },
      )
    await delay(intervalMs)
  }
}

async function outcome<T>(attempt: () => Promise<T> | T): Promise<{ value?: T; error?: unknown }> {
  try {
    return { value: await attempt() }
  } catch (error) {
    return { error }
  }
}
