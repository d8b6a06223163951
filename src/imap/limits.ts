import pLimit, { type LimitFunction } from 'p-limit'
import type { ImapSettings } from './settings.ts'

export interface ImapLimitSizes {
  /** Sessions of this process at once. */
  process: number
  /** Sessions with one host at once. */
  perHost: number
}

/** "You can have up to 15 simultaneous IMAP connections per account" (support.google.com/mail/answer/7126229). */
const gmailConnectionsPerAccount = 15
const gmailHost = /(?:^|\.)(?:gmail|googlemail)\.com$/i

/** Room for sessions: one for a mailbox, and so many for an account, a host and the whole process. */
export interface ImapLimits {
  /** Runs `task` when there is room; gives up waiting, with the signal's reason, when it aborts. */
  run<T>(settings: ImapSettings, signal: AbortSignal, task: () => Promise<T>): Promise<T>
  /** Mailboxes, accounts and hosts with a session or a wait: 0 when all is quiet. */
  readonly busyKeys: number
}

export function createImapLimits(sizes: ImapLimitSizes): ImapLimits {
  const whole = pLimit(sizes.process)
  const keyed = new Map<string, LimitFunction>()

  const limitOf = (key: string, size: number): Gate => {
    const known = keyed.get(key)
    const limit = known ?? pLimit(size)
    if (!known) keyed.set(key, limit)
    return { limit, release: () => limit.activeCount + limit.pendingCount === 0 && keyed.delete(key) }
  }

  return {
    run: (settings, signal, task) => {
      const host = settings.host.toLowerCase()
      const account = `${host} ${settings.username.toLowerCase()}`
      // Always in this order, the scarce and shared ones last: nobody waits in a circle or sits on a slot in vain.
      const keys: [string, number][] = [
        [`mailbox ${settings.id}`, 1],
        ...(gmailHost.test(host)
          ? ([[`account ${account}`, gmailConnectionsPerAccount]] as [string, number][])
          : []),
        [`host ${host}`, sizes.perHost],
      ]
      return pass(
        [
          ...keys.map(
            ([key, size]) =>
              () =>
                limitOf(key, size),
          ),
          () => ({ limit: whole, release: () => {} }),
        ],
        signal,
        task,
      )
    },
    get busyKeys() {
      return keyed.size
    },
  }
}

interface Gate {
  limit: LimitFunction
  release: () => void
}

/** One gate after another; a later gate is only looked up once the earlier ones are passed. */
async function pass<T>(gates: (() => Gate)[], signal: AbortSignal, task: () => Promise<T>): Promise<T> {
  signal.throwIfAborted()
  const [first, ...rest] = gates
  if (!first) return await task()
  return await enter(first(), signal, () => pass(rest, signal, task))
}

/** A wait in the queue ends when the signal aborts; what has begun is left to end by itself. */
async function enter<T>({ limit, release }: Gate, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const run = limit(() => {
    signal.removeEventListener('abort', onAbort)
    return task()
  })
  // p-limit gives the slot back a moment after its task has settled.
  const settled = () => setImmediate(release)
  run.then(settled, settled)
  try {
    return await Promise.race([run, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
