import { type ConnectionOptions, createClient, letGo } from './client.ts'
import { ImapError } from './errors.ts'
import { ImapSession } from './imap-session.ts'
import type { ImapLimits } from './limits.ts'
import { type ImapSettings, insecureReason } from './settings.ts'

export interface ImapSessionOptions extends ConnectionOptions {
  limits: ImapLimits
  signal?: AbortSignal | undefined
  /** Silence of the server in the midst of a command after which it is given up; 60 s if left out. */
  silenceTimeoutMs?: number | undefined
  /** The whole session, waiting for room not counted; 10 minutes if left out. */
  sessionTimeoutMs?: number | undefined
}

/**
 * Waits for room, logs in, does `work`, and lets the connection go however it ends. Throws ImapError for all that IMAP
 * does, and whatever else `work` throws as it is.
 */
export async function withImapSession<T>(
  settings: ImapSettings,
  options: ImapSessionOptions,
  work: (session: ImapSession) => Promise<T>,
): Promise<T> {
  const refusal = insecureReason(settings)
  if (refusal) throw new ImapError('connect_failed', refusal)
  const signal = options.signal ?? new AbortController().signal
  try {
    return await options.limits.run(settings, signal, () => useSession(settings, options, signal, work))
  } catch (error) {
    throw signal.aborted && error === signal.reason ? givenUp(error) : error
  }
}

async function useSession<T>(
  settings: ImapSettings,
  options: ImapSessionOptions,
  signal: AbortSignal,
  work: (session: ImapSession) => Promise<T>,
): Promise<T> {
  const { client, complaints } = createClient(settings, options)
  const session = new ImapSession(client, complaints, settings, options.silenceTimeoutMs ?? 60_000)
  const sessionTimeoutMs = options.sessionTimeoutMs ?? 600_000
  const timer = setTimeout(() => {
    session.fail(
      new ImapError('timeout', `the session took longer than ${Math.round(sessionTimeoutMs / 1000)} s`),
    )
  }, sessionTimeoutMs)
  const onAbort = () => session.fail(givenUp(signal.reason))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await session.connect()
    return await work(session)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    await letGo(client)
  }
}

function givenUp(cause: unknown): ImapError {
  return new ImapError('closed', 'the session was given up', { cause })
}
