import { setTimeout as sleep } from 'node:timers/promises'

// Class 08 connection exceptions, 57P01-57P03 shutdown and start-up, 53300 too many connections, and what the
// socket says. https://www.postgresql.org/docs/current/errcodes-appendix.html
const connectionCodes =
  /^(08...|57P0[1-3]|25P03|53300|ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT)$/
const connectionMessages =
  /connection terminated|timeout exceeded when trying to connect|connection ended|client has encountered a connection error|not queryable/i

/** True when the connection was lost or refused: what was sent may or may not have been committed. */
export function isConnectionError(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: string; message?: string }
  return connectionCodes.test(code ?? '') || connectionMessages.test(message ?? '')
}

/** Serialization failure (40001) or deadlock (40P01): nothing was committed, the same input may be tried again. */
export function isTransientConflict(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: string }
  return code === '40001' || code === '40P01'
}

// Class 53 too few resources, 57 the operator's doing, 58 the system beneath it, 55P03 a lock, and 25006: a standby
// that is not promoted yet.
const troubleCodes = /^(53...|57...|58...|55P03|25006)$/

/** True when the server could not do it now, whatever was asked: nothing was committed, and it passes by itself. */
function isServerTrouble(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: string }
  return troubleCodes.test(code ?? '') && !isConnectionError(error)
}

/** True where a lock was not to be had in the time that was given for it: nothing was done. */
export function isLockTimeout(error: unknown): boolean {
  return ((error ?? {}) as { code?: string }).code === '55P03'
}

/** True for what says nothing about the input: the same may be asked again, and may succeed. */
export function isPassing(error: unknown): boolean {
  return isConnectionError(error) || isTransientConflict(error) || isServerTrouble(error)
}

/** True when the statement took longer than its connection allows (57014), or the server did not answer in that time. */
export function isStatementTimeout(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: string; message?: string }
  return code === '57014' || message === 'Query read timeout'
}

export interface RetryOptions {
  /** Called before each further try. */
  onRetry?: (error: unknown) => void
  /** Ends the waiting; the last error is then thrown. */
  signal?: AbortSignal
  /** False: a lost connection is thrown, for work whose commit may stand. */
  retryLost?: boolean
}

/**
 * Runs an operation until the database answers: for work that is safe to repeat with the same input.
 * Conflicts are retried at once, a lost or troubled database every 0.1 to 2 s; other errors are thrown.
 */
export async function untilAnswered<T>(operation: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await operation()
    } catch (error) {
      const retriable = isConnectionError(error) ? options.retryLost !== false : isPassing(error)
      if (!retriable || options.signal?.aborted) throw error
      options.onRetry?.(error)
      await sleep(isTransientConflict(error) ? 5 : Math.min(2000, 100 * 2 ** attempt))
    }
  }
}
