import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js'
import { HeaderScan } from './smtp-accepted.ts'
import type { Behaviour, Party, Phase } from './smtp-behaviours.ts'

export interface FaultyServerOptions {
  /** Login is required with exactly these; without it nobody has to log in. */
  login?: { username: string; password: string } | 'not offered'
  /** With `none` (the default) STARTTLS is not offered. */
  tls?: 'none' | 'starttls' | 'implicit'
  certificate?: { key: string; cert: string }
  /** The words of the 250 after the dot. */
  acceptText?: (party: Party) => string
}

/** Who decides what goes wrong and keeps the account. */
export interface FaultyServerOwner {
  onOpened(): void
  onClosed(): void
  meet(phase: Phase, party: Party): Behaviour | undefined
  onBodyChunk(chunk: Buffer, party: Party): void
  onAccepted(scan: HeaderScan, party: Party, bytes: number): void
}

type DataDone = (error: Error | null, text?: string) => void

/** smtp-server with a fault to be met before every command, in the body and after the dot. */
export class FaultyServer extends SMTPServer {
  readonly owner: FaultyServerOwner
  readonly #acceptText: ((party: Party) => string) | undefined
  readonly #sockets = new Set<Socket>()

  constructor(owner: FaultyServerOwner, { login, tls, certificate, acceptText }: FaultyServerOptions) {
    super({
      ...certificate,
      secure: tls === 'implicit',
      disabledCommands: [
        ...(tls === 'starttls' ? [] : ['STARTTLS']),
        ...(login === 'not offered' ? ['AUTH'] : []),
      ],
      allowInsecureAuth: true,
      authOptional: login === undefined,
      maxAllowedUnauthenticatedCommands: false,
      disableReverseLookup: true,
      logger: false,
      onAuth: ({ username, password }, _session, done) => {
        const good = typeof login === 'object' && username === login.username && password === login.password
        const error = Object.assign(new Error('5.7.8 Username and password not accepted'), {
          responseCode: 535,
        })
        done(good ? null : error, good ? { user: username } : undefined)
      },
      onData: (stream, session, done) => this.#receive(stream, session, done),
    })
    this.owner = owner
    this.#acceptText = acceptText
    this.on('error', () => {})
    this.server.on('connection', (socket: Socket) => this.#track(socket))
  }

  override connect(socket: Socket | TLSSocket): void {
    const connection = new FaultyConnection(this, socket)
    this.connections.add(connection)
    connection.on('error', () => {})
    connection.init()
  }

  dropAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.untrack(socket))
    socket.on('error', () => {})
    this.owner.onOpened()
  }

  untrack(socket: Socket): void {
    if (this.#sockets.delete(socket)) this.owner.onClosed()
  }

  #drop(session: SMTPServerSession): void {
    for (const connection of this.connections) if (connection.id === session.id) connection._socket.destroy()
  }

  #receive(stream: SMTPServerDataStream, session: SMTPServerSession, done: DataDone): void {
    const scan = new HeaderScan()
    const party = partyOf(session)
    const fault = this.owner.meet('body', party)
    stream.on('error', () => {})
    if (fault?.do === 'hang') return
    stream.on('data', (chunk: Buffer) => {
      scan.push(chunk)
      this.owner.onBodyChunk(chunk, party)
      if (fault?.do === 'drop') this.#drop(session)
    })
    stream.on('end', () => {
      if (fault?.do !== 'drop') this.#conclude(scan, stream.byteLength, session, done)
    })
  }

  #conclude(scan: HeaderScan, bytes: number, session: SMTPServerSession, done: DataDone): void {
    const party = partyOf(session)
    const fault = this.owner.meet('dot', party)
    if (fault?.do === 'reply') {
      done(Object.assign(new Error(fault.text), { responseCode: fault.code }))
      return
    }
    if (fault?.do === 'delay') {
      setTimeout(() => this.#accept(scan, bytes, party, done), fault.ms)
      return
    }
    if (!fault || fault.keep) this.#accept(scan, bytes, party, fault ? () => {} : done)
    if (fault?.do === 'drop') this.#drop(session)
  }

  #accept(scan: HeaderScan, bytes: number, party: Party, done: DataDone): void {
    this.owner.onAccepted(scan, party, bytes)
    done(null, this.#acceptText?.(party))
  }
}

class FaultyConnection extends SMTPConnection {
  readonly #owner: FaultyServerOwner
  readonly #untrack: () => void

  constructor(server: FaultyServer, socket: Socket | TLSSocket) {
    super(server, socket)
    this.#owner = server.owner
    this.#untrack = () => server.untrack(socket)
  }

  /** STARTTLS takes every listener off the socket, also the one that tracks it. */
  override _onClose(): void {
    super._onClose()
    this.#untrack()
  }

  /** Without the library's wait of 100 ms for those who talk too early. */
  override init(): void {
    const greet = () => this.connectionReady()
    this._setListeners(() => this.#pass('connect', { sender: '', recipient: '' }, greet, () => this.close()))
  }

  override _onCommand(command: Buffer, callback?: () => void): void {
    const go = () => super._onCommand(command, callback)
    // A line of an AUTH exchange is not a command.
    const phase = this._nextHandler ? undefined : phaseOf(command)
    if (phase) this.#pass(phase, this.#partyAt(phase, command), go, () => callback?.())
    else go()
  }

  #partyAt(phase: Phase, command: Buffer): Party {
    const party = partyOf(this.session)
    const address = /<([^>]*)>/.exec(command.toString('latin1'))?.[1] ?? ''
    if (phase === 'MAIL') return { ...party, sender: address }
    return phase === 'RCPT' ? { ...party, recipient: address } : party
  }

  #pass(phase: Phase, party: Party, go: () => void, onRefused: () => void): void {
    const fault = this.#owner.meet(phase, party)
    if (!fault) go()
    else if (fault.do === 'drop') this._socket.destroy()
    else if (fault.do === 'delay') setTimeout(go, fault.ms)
    else if (fault.do === 'reply') {
      this.send(fault.code, fault.text, false)
      onRefused()
    }
  }
}

const phaseByCommand: Record<string, Phase> = {
  EHLO: 'EHLO',
  HELO: 'EHLO',
  STARTTLS: 'STARTTLS',
  AUTH: 'AUTH',
  MAIL: 'MAIL',
  RCPT: 'RCPT',
  DATA: 'DATA',
}

function phaseOf(command: Buffer): Phase | undefined {
  return phaseByCommand[command.toString('latin1', 0, 8).split(' ', 1)[0]?.toUpperCase() ?? '']
}

function partyOf({ envelope }: SMTPServerSession): Party {
  return {
    sender: envelope.mailFrom ? envelope.mailFrom.address : '',
    recipient: envelope.rcptTo[0]?.address ?? '',
  }
}
