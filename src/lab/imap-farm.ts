import { type AddressInfo, createServer } from 'node:net'
import { ImapConnections } from './imap-connections.ts'
import { type FarmContent, FarmFolder } from './imap-farm-folder.ts'
import { type FarmOwner, FarmSession } from './imap-farm-session.ts'

export interface ImapFarmOptions {
  /** Login names; further ones are made by the first delivery to them. */
  mailboxes?: readonly string[]
  /** Of every mailbox; `lab password` if left out. */
  password?: string
  /** Beside INBOX, with its special use (RFC 6154) if the server says it; Junk and Sent if left out. */
  folders?: readonly { name: string; use?: string }[]
  /** Sees what clients change in their messages. */
  onChange?: FarmOwner['onChange']
}

const usual = [
  { name: 'Junk', use: '\\Junk' },
  { name: 'Sent', use: '\\Sent' },
]

/** Starts one server on a free port of 127.0.0.1 that holds any number of mailboxes in memory. */
export async function startImapFarm(options: ImapFarmOptions = {}): Promise<ImapFarm> {
  const farm = new ImapFarm(options)
  await farm.listen()
  return farm
}

export class ImapFarm implements FarmOwner {
  readonly host = '127.0.0.1'
  port = 0
  readonly password: string
  readonly connections = new ImapConnections()
  /** How often each command came, and how many logins each mailbox had. */
  readonly commands = new Map<string, number>()
  readonly logins = new Map<string, number>()
  readonly onChange: FarmOwner['onChange']
  readonly #usual: NonNullable<ImapFarmOptions['folders']>
  readonly #mailboxes = new Map<string, FarmFolder[]>()
  readonly #server = createServer((socket) => {
    this.connections.add(socket)
    new FarmSession(socket, this)
  })

  constructor(options: ImapFarmOptions) {
    const { mailboxes = [], password = 'lab password', folders = usual, onChange = () => {} } = options
    this.onChange = onChange
    this.password = password
    this.#usual = folders
    for (const username of mailboxes) this.#folders(username)
  }

  listen(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.listen(0, this.host, () => {
        this.port = (this.#server.address() as AddressInfo).port
        resolve()
      })
    })
  }

  /** Puts a message into a folder (INBOX) as if it had arrived; returns its UID. */
  deliver(
    username: string,
    message: Buffer | FarmContent,
    options: { folder?: string; internalDate?: Date; flags?: string[] } = {},
  ): number {
    const { folder = 'INBOX', internalDate = new Date(), flags = [] } = options
    const content = Buffer.isBuffer(message)
      ? { size: message.length, read: (start: number, end: number) => message.subarray(start, end) }
      : message
    const uid = this.folder(username, folder).add(content, internalDate, flags)
    this.connections.changed()
    return uid
  }

  folders(username: string): readonly FarmFolder[] {
    return this.#folders(username)
  }

  folder(username: string, name = 'INBOX'): FarmFolder {
    const folder = this.#folders(username).find((known) => known.name === name)
    if (!folder) throw new Error(`the lab mailbox ${username} has no folder "${name}"`)
    return folder
  }

  close(): Promise<void> {
    return this.connections.close(this.#server)
  }

  logIn(username: string, password: string): FarmFolder[] | undefined {
    if (password !== this.password || !this.#mailboxes.has(username)) return undefined
    this.logins.set(username, (this.logins.get(username) ?? 0) + 1)
    return this.#folders(username)
  }

  createFolder(username: string, name: string): void {
    this.#folders(username).push(new FarmFolder(name))
  }

  onCommand(name: string): void {
    this.commands.set(name, (this.commands.get(name) ?? 0) + 1)
    this.connections.changed()
  }

  #folders(username: string): FarmFolder[] {
    const known = this.#mailboxes.get(username)
    if (known) return known
    const folders = [
      new FarmFolder('INBOX'),
      ...this.#usual.map(({ name, use }) => new FarmFolder(name, use)),
    ]
    this.#mailboxes.set(username, folders)
    return folders
  }
}
