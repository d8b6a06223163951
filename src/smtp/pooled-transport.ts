import type { Socket } from 'node:net'
import {
  createTransport,
  type SMTPPoolOptions,
  type SMTPPoolSentMessageInfo,
  type Transporter,
} from 'nodemailer'
import { BodyGate } from './body-gate.ts'
import { connectSocket } from './connect-socket.ts'
import { isPlainAddress } from './plain-address.ts'
import { insecureReason, type SmtpMailbox } from './security.ts'

export interface ConnectionOptions {
  connectTimeoutMs: number
  greetingTimeoutMs: number
  /** Silence of the server after which a connection is given up; RFC 5321 section 4.5.3.2.6 asks for 10 minutes after the dot. */
  replyTimeoutMs: number
  maxMessagesPerConnection: number
  /** The name in EHLO; nodemailer's own choice if left out. */
  ehloName?: string | undefined
  /** Certificates to trust instead of the system's, PEM. */
  tlsCa?: string | undefined
  /** `false` is for the lab only. */
  rejectUnauthorized?: boolean | undefined
}

interface Envelope {
  from: string
  to: string
}

/** As nodemailer gives it: `response` is the server's reply, `command` and `code` say little. */
export interface DeliveryError extends Error {
  code?: string | undefined
  command?: string | undefined
  response?: string | undefined
  responseCode?: number | undefined
}

type Pool = Transporter<SMTPPoolSentMessageInfo, SMTPPoolOptions>
type GetSocketDone = (error: Error | null, options?: { connection: Socket }) => void

/** How long the server may take to close its side, before we stop waiting for it. */
const closingMs = 2_000

/** The connections of one mailbox: opened when first needed, and again after they were closed for idleness. */
export class PooledTransport {
  readonly mailbox: SmtpMailbox
  inFlight = 0
  readonly #options: ConnectionOptions
  readonly #onUse: () => void
  readonly #onSettled: () => void
  readonly #sockets = new Set<Socket>()
  readonly #waiting = new Set<() => void>()
  #pool: Pool | undefined

  constructor(mailbox: SmtpMailbox, options: ConnectionOptions, onUse: () => void, onSettled: () => void) {
    this.mailbox = mailbox
    this.#options = options
    this.#onUse = onUse
    this.#onSettled = onSettled
  }

  /** When a reply that is still coming in drops is given up, counted from the last chunk. */
  get replyDeadlineMs(): number {
    return 2 * this.#options.replyTimeoutMs
  }

  get connections(): number {
    return this.#sockets.size
  }

  /** Hands one message to a free connection; `done` is called once, with the error or the reply to the final dot. */
  deliver(
    envelope: Envelope,
    gate: BodyGate,
    size: number,
    done: (error?: DeliveryError, response?: string) => void,
  ) {
    const refusal = this.#refusal(envelope)
    if (refusal) {
      done(refusal)
      return
    }
    this.#onUse()
    this.#pool ??= this.#createPool()
    this.inFlight += 1
    this.#pool.sendMail({ envelope: { ...envelope, size }, raw: gate }, (error, info) => {
      this.inFlight -= 1
      // First the outcome: the gate has to be shut before nodemailer drains what a refused recipient left unread.
      done(error ?? undefined, info?.response)
      this.#onSettled()
    })
  }

  #refusal({ from, to }: Envelope): DeliveryError | undefined {
    const insecure = insecureReason(this.mailbox)
    if (insecure) return Object.assign(new Error(insecure), { code: 'EINSECURE' })
    const wrong = [from, to].find((address) => !isPlainAddress(address))
    if (wrong === undefined) return undefined
    return Object.assign(new Error(`${JSON.stringify(wrong)} is not one name@domain`), { code: 'EENVELOPE' })
  }

  /** Connects, logs in and quits. */
  async verify(): Promise<void> {
    const pool = this.#createPool()
    try {
      await pool.verify()
    } finally {
      pool.close()
    }
  }

  /** Closes idle connections now and busy ones after their message. */
  close(): void {
    this.#pool?.close()
    this.#pool = undefined
    // A server that never answers our FIN would hold the process.
    const lingering = [...this.#sockets]
    setTimeout(() => {
      if (this.inFlight === 0) for (const socket of lingering) socket.destroy()
    }, closingMs).unref()
  }

  #createPool(): Pool {
    const pool = createTransport({
      ...poolOptions(this.mailbox, this.#options),
      getSocket: (_: unknown, done: GetSocketDone) => this.#connectWhenFree(done),
    })
    // Without this nodemailer reads a small body before MAIL FROM, and "was it read" would say nothing.
    pool.use('stream', (mail, next) => {
      const gate = mail.data.raw
      if (gate instanceof BodyGate) mail.message.createReadStream = () => gate.open() as never
      next()
    })
    return pool
  }

  /** A connection that is being closed still counts at the server: providers refuse one too many. */
  #connectWhenFree(done: GetSocketDone): void {
    if (this.#sockets.size < this.mailbox.maxConnections) {
      this.#connect(done)
      return
    }
    const go = () => {
      clearTimeout(timer)
      this.#waiting.delete(go)
      this.#connect(done)
    }
    const timer = setTimeout(go, closingMs)
    this.#waiting.add(go)
  }

  #connect(done: GetSocketDone): void {
    const { host, port } = this.mailbox
    const socket = connectSocket({ host, port, timeoutMs: this.#options.connectTimeoutMs }, (error) =>
      error ? done(error) : done(null, { connection: socket }),
    )
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      for (const go of this.#waiting) return go()
    })
  }
}

function poolOptions(mailbox: SmtpMailbox, options: ConnectionOptions): SMTPPoolOptions & { pool: true } {
  const { host, port, security, username, password = '', maxConnections } = mailbox
  return {
    pool: true,
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    // A server that offers no login must not get the mail of a mailbox that has one.
    ...(username === undefined ? {} : { auth: { user: username, pass: password }, forceAuth: true }),
    maxConnections,
    maxMessages: options.maxMessagesPerConnection,
    // A message that was requeued by itself could be sent twice.
    maxRequeues: 0,
    connectionTimeout: options.connectTimeoutMs,
    greetingTimeout: options.greetingTimeoutMs,
    socketTimeout: options.replyTimeoutMs,
    name: options.ehloName,
    tls: { minVersion: 'TLSv1.2', ca: options.tlsCa, rejectUnauthorized: options.rejectUnauthorized ?? true },
    logger: false,
  }
}
