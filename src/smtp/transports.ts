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

/** Keeps pooled connections for each mailbox of this process. */
export function createTransports(options: TransportsOptions = {}): Transports {
  return new MailboxTransports({ ...defaults, ...options })
}

interface Entry {
  transport: PooledTransport
  fingerprint: string
  idleTimer: NodeJS.Timeout
}

class MailboxTransports implements Transports {
  readonly #options: typeof defaults & TransportsOptions
  readonly #byMailbox = new Map<string, Entry>()
  // In order of use, the longest unused first; also those whose settings have been replaced, until they are idle.
  readonly #open = new Set<Entry>()
  readonly #draining = new Set<() => void>()

  constructor(options: typeof defaults & TransportsOptions) {
    this.#options = options
  }

  forMailbox(mailbox: SmtpMailbox): SmtpTransport {
    const fingerprint = fingerprintOf(mailbox)
    const known = this.#byMailbox.get(mailbox.id)
    if (known?.fingerprint === fingerprint) {
      known.idleTimer.refresh()
      return known.transport
    }
    const entry = this.#create(mailbox, fingerprint)
    this.#byMailbox.set(mailbox.id, entry)
    if (known?.transport.inFlight === 0) this.#close(known)
    return entry.transport
  }

  counts(): { open: number; connections: number } {
    let connections = 0
    for (const { transport } of this.#open) connections += transport.connections
    return { open: this.#open.size, connections }
  }

  async close(): Promise<void> {
    const all = new Set([...this.#byMailbox.values(), ...this.#open])
    for (const entry of all) {
      clearTimeout(entry.idleTimer)
      this.#close(entry)
    }
    this.#byMailbox.clear()
    await this.#drained(all)
  }

  #create(mailbox: SmtpMailbox, fingerprint: string): Entry {
    const entry: Entry = {
      transport: new PooledTransport(
        mailbox,
        this.#options,
        () => this.#onUse(entry),
        () => this.#onSettled(entry),
      ),
      fingerprint,
      idleTimer: setTimeout(() => this.#onIdle(entry), this.#options.idleMs).unref(),
    }
    return entry
  }

  #onUse(entry: Entry): void {
    const { id } = entry.transport.mailbox
    if (!this.#byMailbox.has(id)) this.#byMailbox.set(id, entry)
    this.#open.delete(entry)
    this.#open.add(entry)
    entry.idleTimer.refresh()
    this.#makeRoom(entry)
  }

  #onSettled(entry: Entry): void {
    entry.idleTimer.refresh()
    const replaced = this.#byMailbox.get(entry.transport.mailbox.id) !== entry
    if (replaced && entry.transport.inFlight === 0) this.#close(entry)
    for (const check of this.#draining) check()
  }

  #onIdle(entry: Entry): void {
    if (entry.transport.inFlight > 0) return
    this.#close(entry)
    const { id } = entry.transport.mailbox
    if (this.#byMailbox.get(id) === entry) this.#byMailbox.delete(id)
  }

  #makeRoom(newest: Entry): void {
    for (const entry of this.#open) {
      if (this.#open.size <= this.#options.maxOpen) return
      if (entry !== newest && entry.transport.inFlight === 0) this.#close(entry)
    }
  }

  #close(entry: Entry): void {
    this.#open.delete(entry)
    entry.transport.close()
  }

  #drained(entries: ReadonlySet<Entry>): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        for (const { transport } of entries) if (transport.inFlight > 0) return
        this.#draining.delete(check)
        resolve()
      }
      this.#draining.add(check)
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
