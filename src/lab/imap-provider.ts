import type { AddressInfo } from 'node:net'
import { ImapConnections } from './imap-connections.ts'
import { type Hoodiecrow, hoodiecrow } from './imap-hoodiecrow.ts'

export type ImapExtension =
  | 'UIDPLUS'
  | 'MOVE'
  | 'CONDSTORE'
  | 'SPECIAL-USE'
  | 'IDLE'
  | 'STARTTLS'
  | 'AUTH-PLAIN'
  | 'LITERALPLUS'

export interface ImapProviderOptions {
  username?: string
  password?: string
  /** What the server offers beyond RFC 3501; all but STARTTLS if left out. */
  extensions?: readonly ImapExtension[]
  /** Names of the folders beside INBOX, such as `Spamverdacht`; `false` for none. All is off if left out. */
  folders?: { junk?: string | false; sent?: string | false; all?: string | false }
  delimiter?: string
  /** Courier's way: every folder lies below INBOX. */
  belowInbox?: boolean
  /** TLS from the first byte, or for STARTTLS. */
  tls?: { key: string; cert: string; implicit: boolean }
}

export interface LabMessage {
  uid: number
  internalDate: Date
  flags: string[]
  raw: Buffer
}

const everything: readonly ImapExtension[] = [
  'UIDPLUS',
  'MOVE',
  'CONDSTORE',
  'SPECIAL-USE',
  'IDLE',
  'AUTH-PLAIN',
]
/** CONDSTORE finds ENABLE only if that was there before. */
const always = ['ID', 'ENABLE', 'UNSELECT']
const specialUse = { junk: '\\Junk', sent: '\\Sent', all: '\\All' } as const

/** Starts one mailbox with its own IMAP server (hoodiecrow) on a free port of 127.0.0.1. */
export async function startImapProvider(options: ImapProviderOptions = {}): Promise<ImapProvider> {
  const provider = new ImapProvider(options)
  await provider.listen()
  return provider
}

export class ImapProvider {
  readonly host = '127.0.0.1'
  port = 0
  readonly username: string
  readonly password: string
  readonly connections = new ImapConnections()
  readonly #server: Hoodiecrow

  constructor(options: ImapProviderOptions) {
    const { username = 'ann@lab.test', password = 'lab password', extensions = everything, tls } = options
    this.username = username
    this.password = password
    this.#server = hoodiecrow({
      plugins: [...always, ...extensions],
      users: { [username]: { password } },
      storage: storage(options),
      ...(tls && { credentials: { key: tls.key, cert: tls.cert }, secureConnection: tls.implicit }),
    })
    this.#server.server.on('connection', (socket) => {
      socket.setNoDelay(true)
      this.connections.add(socket)
    })
    // A client that dislikes the certificate is no fault of the server.
    this.#server.server.on('tlsClientError', () => {})
  }

  listen(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.listen(0, this.host, () => {
        this.port = (this.#server.server.address() as AddressInfo).port
        resolve()
      })
    })
  }

  /** Puts a message into a folder (INBOX) as if it had arrived; returns its UID. */
  deliver(raw: Buffer, options: { folder?: string; internalDate?: Date; flags?: string[] } = {}): number {
    const { folder = 'INBOX', internalDate = new Date(), flags = [] } = options
    const { message } = this.#server.appendMessage(
      this.#mailbox(folder),
      [...flags],
      internalDate,
      raw.toString('latin1'),
    )
    return message.uid
  }

  list(folder = 'INBOX'): LabMessage[] {
    return this.#mailbox(folder).messages.map(({ uid, flags, internaldate, raw }) => ({
      uid,
      flags: [...flags],
      internalDate: new Date(
        internaldate
          .trim()
          .replaceAll('-', ' ')
          .replace(/ (?=\d{4}$)/, ' -'),
      ),
      raw: Buffer.from(raw, 'latin1'),
    }))
  }

  /** Gives the folder a new UIDVALIDITY, and its messages new UIDs from 1. */
  renumber(folder = 'INBOX'): void {
    const mailbox = this.#mailbox(folder)
    mailbox.uidvalidity += 1
    mailbox.messages.forEach((message, at) => {
      message.uid = at + 1
    })
    mailbox.uidnext = mailbox.messages.length + 1
  }

  /** Takes messages away, as another client would. */
  remove(uids: readonly number[], folder = 'INBOX'): void {
    const mailbox = this.#mailbox(folder)
    mailbox.messages = mailbox.messages.filter(({ uid }) => !uids.includes(uid))
  }

  close(): Promise<void> {
    return this.connections.close(this.#server.server)
  }

  #mailbox(path: string) {
    const mailbox = this.#server.getMailbox(path)
    if (!mailbox) throw new Error(`the lab mailbox ${this.username} has no folder "${path}"`)
    return mailbox
  }
}

function storage({ folders = {}, delimiter = '/', belowInbox = false }: ImapProviderOptions) {
  const names = { junk: folders.junk ?? 'Junk', sent: folders.sent ?? 'Sent', all: folders.all ?? false }
  const roles = (['junk', 'sent', 'all'] as const).flatMap((role) => {
    const name = names[role]
    return name === false ? [] : [[name, { 'special-use': specialUse[role] }] as const]
  })
  const below = { separator: delimiter, folders: Object.fromEntries(roles) }
  return { INBOX: {}, [belowInbox ? `INBOX${delimiter}` : '']: below }
}
