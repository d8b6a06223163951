import type { AddressInfo } from 'node:net'
import { AcceptedMail, type HeaderScan } from './smtp-accepted.ts'
import {
  type Behaviour,
  type Behaviours,
  behaviourAt,
  type Party,
  type Phase,
  standardBehaviours,
} from './smtp-behaviours.ts'
import { FaultyServer, type FaultyServerOptions, type FaultyServerOwner } from './smtp-faulty-server.ts'

export interface SmtpProviderOptions extends FaultyServerOptions {
  /** Added to the standard table; a domain given here replaces the standard one. */
  behaviours?: Behaviours
  /** Decides before the table does. */
  rule?: (phase: Phase, party: Party) => Behaviour | undefined
  /** Sees every piece of a body as it arrives, dots unstuffed. */
  onBodyChunk?: (chunk: Buffer, party: Party) => void
  /** Sees the header block of every message that is accepted. */
  onAccepted?: (headers: string, party: Party) => void
}

/** Starts a mail provider on a free port of 127.0.0.1 that fails on request and counts what it accepted. */
export async function startSmtpProvider(options: SmtpProviderOptions = {}): Promise<SmtpProvider> {
  const provider = new SmtpProvider(options)
  await provider.listen()
  return provider
}

export class SmtpProvider implements FaultyServerOwner {
  readonly host = '127.0.0.1'
  port = 0
  readonly accepted = new AcceptedMail()
  readonly connections = { open: 0, peak: 0, total: 0 }
  /** How often each phase was reached, gone wrong or not. */
  readonly reached: Partial<Record<Phase, number>> = {}
  readonly #options: SmtpProviderOptions
  readonly #server: FaultyServer
  readonly #met = new Map<string, number>()
  readonly #waiting = new Set<() => void>()
  #behaviours: Behaviours

  constructor(options: SmtpProviderOptions) {
    this.#options = options
    this.#behaviours = { ...standardBehaviours, ...options.behaviours }
    this.#server = new FaultyServer(this, options)
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.server.once('error', reject)
      this.#server.listen(0, this.host, () => resolve())
    })
    this.port = (this.#server.server.address() as AddressInfo).port
  }

  setBehaviours(behaviours: Behaviours): void {
    this.#behaviours = { ...this.#behaviours, ...behaviours }
  }

  /** Resolves as soon as `isTrue`, asked again after everything that happens. */
  until(isTrue: (provider: SmtpProvider) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!isTrue(this)) return
        this.#waiting.delete(check)
        resolve()
      }
      this.#waiting.add(check)
      check()
    })
  }

  waitForAccepted(count: number): Promise<void> {
    return this.until(({ accepted }) => accepted.total >= count)
  }

  /** Hangs up on everybody and stops listening. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      this.#server.dropAll()
    })
  }

  onOpened(): void {
    const { connections } = this
    connections.open += 1
    connections.total += 1
    connections.peak = Math.max(connections.peak, connections.open)
    this.#changed()
  }

  onClosed(): void {
    this.connections.open -= 1
    this.#changed()
  }

  meet(phase: Phase, party: Party): Behaviour | undefined {
    this.reached[phase] = (this.reached[phase] ?? 0) + 1
    const behaviour = this.#options.rule?.(phase, party) ?? behaviourAt(this.#behaviours, phase, party)
    const fires = behaviour !== undefined && this.#stillFires(behaviour, party)
    this.#changed()
    return fires ? behaviour : undefined
  }

  onBodyChunk(chunk: Buffer, party: Party): void {
    this.#options.onBodyChunk?.(chunk, party)
  }

  onAccepted(scan: HeaderScan, party: Party, bytes: number): void {
    this.accepted.add({ ...scan.ids(), recipient: party.recipient }, bytes)
    this.#options.onAccepted?.(scan.headers(), party)
    this.#changed()
  }

  #stillFires({ at, times }: Behaviour, { recipient }: Party): boolean {
    if (times === undefined) return true
    const key = `${at} ${recipient}`
    const met = this.#met.get(key) ?? 0
    if (met < times) this.#met.set(key, met + 1)
    return met < times
  }

  #changed(): void {
    for (const check of this.#waiting) check()
  }
}
