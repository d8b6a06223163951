import { createHash } from 'node:crypto'
import { type ConnectionOptions, PooledTransport } from './pooled-transport.ts'
import type { SmtpMailbox } from './security.ts'

export type SmtpTransport = PooledTransport

export interface TransportsOptions extends Partial<ConnectionOptions> {
  /** Mailboxes with open connections at once; the longest unused one gives way, a busy one never. */
  maxOpen?: number
  /** How long an unused mailbox keeps its connections; shorter than servers do, so that they never hang up on us. */
  idleMs?: number
}

export interface Transports {
  /** The mailbox's transport, a new one if any of its connection settings changed. Cheap: nothing is opened yet. */
  forMailbox(mailbox: SmtpMailbox): SmtpTransport
  /** Mailboxes with open connections, and TCP connections. */
  counts(): { open: number; connections: number }
  /** Closes everything; resolves when no message is on the wire any more, which may take the reply timeout. */
  close(): Promise<void>
}

const defaults = {
  connectTimeoutMs: 30_000,
  greetingTimeoutMs: 30_000,
  replyTimeoutMs: 10 * 60_000,
  maxMessagesPerConnection: 100,
  maxOpen: 500,
  idleMs: 30_000,
}

interface Entry {
  transport: PooledTransport
  fingerprint: string
  idleTimer: NodeJS.Timeout
}

/** Keeps pooled connections for each mailbox of this process. */
export function createTransports(given: TransportsOptions = {}): Transports {
  const options = { ...defaults, ...given }
  const entries = new Map<string, Entry>()
  // In order of use, the longest unused first; also those whose settings have been replaced, until they are idle.
  const open = new Set<Entry>()
  const drained = new Set<() => void>()

  function create(mailbox: SmtpMailbox, fingerprint: string): Entry {
    const entry: Entry = {
      transport: new PooledTransport(mailbox, options, onUse, onSettled),
      fingerprint,
      idleTimer: setTimeout(() => onIdle(entry), options.idleMs).unref(),
    }
    function onUse() {
      if (!entries.has(mailbox.id)) entries.set(mailbox.id, entry)
      open.delete(entry)
      open.add(entry)
      entry.idleTimer.refresh()
      makeRoom(entry)
    }
    function onSettled() {
      entry.idleTimer.refresh()
      if (entries.get(mailbox.id) !== entry && entry.transport.inFlight === 0) closeEntry(entry)
      for (const check of drained) check()
    }
    return entry
  }

  function onIdle(entry: Entry) {
    if (entry.transport.inFlight > 0) return
    closeEntry(entry)
    if (entries.get(entry.transport.mailbox.id) === entry) entries.delete(entry.transport.mailbox.id)
  }

  function makeRoom(newest: Entry) {
    for (const entry of open) {
      if (open.size <= options.maxOpen) return
      if (entry !== newest && entry.transport.inFlight === 0) closeEntry(entry)
    }
  }

  function closeEntry(entry: Entry) {
    open.delete(entry)
    entry.transport.close()
  }

  return {
    forMailbox(mailbox) {
      const fingerprint = fingerprintOf(mailbox)
      const known = entries.get(mailbox.id)
      if (known?.fingerprint === fingerprint) {
        known.idleTimer.refresh()
        return known.transport
      }
      const entry = create(mailbox, fingerprint)
      entries.set(mailbox.id, entry)
      if (known && known.transport.inFlight === 0) closeEntry(known)
      return entry.transport
    },
    counts() {
      let connections = 0
      for (const { transport } of open) connections += transport.connections
      return { open: open.size, connections }
    },
    async close() {
      const all = new Set([...entries.values(), ...open])
      for (const entry of all) {
        clearTimeout(entry.idleTimer)
        entry.transport.close()
      }
      open.clear()
      entries.clear()
      await whenDrained(all)
    },
  }

  function whenDrained(all: Set<Entry>): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if ([...all].some(({ transport }) => transport.inFlight > 0)) return
        drained.delete(check)
        resolve()
      }
      drained.add(check)
      check()
    })
  }
}

/** Changes with anything that a connection depends on; tells nobody the password. */
function fingerprintOf({ id: _, ...settings }: SmtpMailbox): string {
  return createHash('sha256')
    .update(JSON.stringify(settings, Object.keys(settings).sort()))
    .digest('base64')
}
