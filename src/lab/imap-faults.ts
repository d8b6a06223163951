import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { ImapConnections } from './imap-connections.ts'
import { ImapLines } from './imap-lines.ts'

/** A command, such as `UID FETCH`; only those that are so (without tag), and only so often. */
interface Occasion {
  at: string
  when?: (command: string) => boolean
  times?: number
}

/** What the front does to connections that pass through it; every field is off if left out. */
export interface ImapFaults {
  /** Hangs up after so many bytes of the answers to this command, such as `UID FETCH`. */
  drop?: Occasion & { afterBytes: number }
  /** Swallows this command: no answer ever. */
  hang?: Occasion
  /** Passes this command on, and swallows what the server answers from then on. */
  hold?: Occasion
  /** Answers commands itself, such as `{ 'UID SEARCH': 'NO not today' }`, tag apart; untagged lines may go before. */
  answers?: Record<string, string>
  /** Sent instead of the server's greeting, which ends the connection. */
  greeting?: string
  /** Capabilities that the server is made not to offer. */
  hide?: readonly string[]
  /** Rewrites lines of the client, or of the server, without their line end; literals pass as they are. */
  ask?: (line: string) => string
  rewrite?: (line: string) => string
  /** Answers come in pieces of so many bytes with so long between. */
  slow?: { bytes: number; everyMs: number }
}

/** Starts a TCP front before an IMAP server that misbehaves as told; `faults` may change at any time. */
export async function startImapFront(
  target: { host: string; port: number },
  faults: ImapFaults = {},
): Promise<ImapFront> {
  const front = new ImapFront(target, faults)
  await front.listen()
  return front
}

export class ImapFront {
  readonly host = '127.0.0.1'
  port = 0
  faults: ImapFaults
  readonly connections = new ImapConnections()
  /** Commands as they came, such as `UID FETCH 1:* (UID)`; passwords too, it is a lab. */
  readonly commands: string[] = []
  /** Hears every line, without its end; what is held back or cut off, too. */
  onLine: ((side: 'client' | 'server', line: string) => void) | undefined
  readonly #target: { host: string; port: number }
  readonly #server = createServer((socket) => this.#join(socket))
  readonly #met = new Map<string, number>()

  constructor(target: { host: string; port: number }, faults: ImapFaults) {
    this.#target = target
    this.faults = faults
  }

  listen(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.listen(0, this.host, () => {
        this.port = (this.#server.address() as AddressInfo).port
        resolve()
      })
    })
  }

  close(): Promise<void> {
    return this.connections.close(this.#server)
  }

  #join(socket: Socket): void {
    this.connections.add(socket)
    const { greeting } = this.faults
    if (greeting !== undefined) {
      socket.end(`${greeting}\r\n`)
      return
    }
    const server = createConnection({ ...this.#target, noDelay: true })
    socket.setNoDelay(true)
    server.on('error', () => socket.destroy())
    socket.once('close', () => server.destroy())
    const pass = new Passage(this, socket, server)
    const requests = new ImapLines()
    socket.on('data', (chunk) => {
      if (pass.encrypted) server.write(chunk)
      else for (const { bytes, literal } of requests.push(chunk)) pass.request(bytes, literal)
    })
    const responses = new ImapLines()
    server.on('data', (chunk) => {
      if (pass.encrypted) socket.write(chunk)
      else for (const { bytes, literal } of responses.push(chunk)) pass.response(bytes, literal)
    })
    server.once('close', () => pass.end())
  }

  /** Whether a fault still fires: at this command, and not as often as it may already. */
  fires(fault: Occasion | undefined, command: string, line: string): boolean {
    if (!fault || fault.at !== command || fault.when?.(line) === false) return false
    const met = this.#met.get(`${fault.at} ${fault.times}`) ?? 0
    if (fault.times !== undefined && met >= fault.times) return false
    this.#met.set(`${fault.at} ${fault.times}`, met + 1)
    return true
  }
}

/** One connection through the front. */
class Passage {
  /** After STARTTLS there is nothing to be read or changed. */
  encrypted = false
  readonly #front: ImapFront
  readonly #client: Socket
  readonly #server: Socket
  /** Bytes of answers until the connection is dropped. */
  #dropAfter = Number.POSITIVE_INFINITY
  #hung = false
  #held = false
  #slowly: Promise<void> = Promise.resolve()

  constructor(front: ImapFront, client: Socket, server: Socket) {
    this.#front = front
    this.#client = client
    this.#server = server
  }

  request(bytes: Buffer, literal: boolean): void {
    const { faults } = this.#front
    const [, tag = '', command = ''] = literal
      ? []
      : (/^(\S+) ((?:UID )?\S+)/i.exec(bytes.toString('latin1')) ?? [])
    const name = command.toUpperCase()
    const line = bytes
      .toString('latin1')
      .slice(tag.length + 1)
      .trimEnd()
    if (name !== '') this.#front.commands.push(line)
    if (name !== '') this.#front.onLine?.('client', line)
    this.encrypted = name === 'STARTTLS'
    this.#hung ||= this.#front.fires(faults.hang, name, line)
    this.#front.connections.changed()
    if (this.#hung) return
    if (this.#front.fires(faults.drop, name, line)) this.#dropAfter = faults.drop?.afterBytes ?? 0
    const answer = faults.answers?.[name]
    if (answer === undefined) this.#server.write(literal ? bytes : changed(bytes, faults.ask))
    else this.#client.write(`${answer.replace(/^(?=(?:OK|NO|BAD)\b)/m, `${tag} `)}\r\n`)
    this.#held ||= this.#front.fires(faults.hold, name, line)
  }

  response(bytes: Buffer, literal: boolean): void {
    if (!literal) this.#front.onLine?.('server', bytes.toString('latin1').trimEnd())
    if (this.#hung || this.#held) return
    const answer = literal ? bytes : changed(bytes, (line) => this.#rewritten(line))
    if (answer.length < this.#dropAfter) {
      this.#dropAfter -= answer.length
      this.#send(answer)
      return
    }
    const { remoteAddress } = this.#client
    if (remoteAddress === undefined) return
    this.#client.write(answer.subarray(0, this.#dropAfter), () => this.#client.destroy())
    this.#hung = true
  }

  end(): void {
    void this.#slowly.then(() => this.#client.destroySoon())
  }

  #rewritten(line: string): string {
    const { hide = [], rewrite } = this.#front.faults
    const offered = /CAPABILITY/.test(line)
      ? hide.reduce((text, name) => text.replaceAll(` ${name}`, ''), line)
      : line
    return rewrite ? rewrite(offered) : offered
  }

  #send(bytes: Buffer): void {
    const { slow } = this.#front.faults
    if (!slow) {
      this.#client.write(bytes)
      return
    }
    this.#slowly = this.#slowly.then(async () => {
      for (let at = 0; at < bytes.length && this.#client.writable; at += slow.bytes) {
        this.#client.write(bytes.subarray(at, at + slow.bytes))
        await new Promise((resolve) => setTimeout(resolve, slow.everyMs))
      }
    })
  }
}

function changed(line: Buffer, change: ((line: string) => string) | undefined): Buffer {
  if (!change) return line
  return Buffer.from(`${change(line.toString('latin1').replace(/\r\n$/, ''))}\r\n`, 'latin1')
}
