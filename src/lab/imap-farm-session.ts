import type { Socket } from 'node:net'
import { type FarmFolder, type FarmMessage, fetchResponse } from './imap-farm-folder.ts'

export interface FarmOwner {
  /** The folders of a mailbox, if name and password are right. */
  logIn(username: string, password: string): FarmFolder[] | undefined
  /** A folder was made for it to be listed from now on. */
  createFolder(username: string, name: string): void
  /** Sees what a client has changed: a flag that was asked for, set or not before, or `Junk → INBOX`. */
  onChange(username: string, message: FarmMessage, what: string): void
  /** Sees every command, as `UID FETCH`, with what follows it. */
  onCommand(name: string, rest: string, username: string): void
}

const capabilities = 'IMAP4rev1 AUTH=PLAIN SPECIAL-USE CONDSTORE MOVE UIDPLUS'

/** Speaks the part of IMAP4rev1 (RFC 3501) that our door uses, from memory. */
export class FarmSession {
  readonly #socket: Socket
  readonly #owner: FarmOwner
  #input = ''
  #username = ''
  #folders: FarmFolder[] | undefined
  #selected: FarmFolder | undefined
  #writable = false
  #authenticating: string | undefined

  constructor(socket: Socket, owner: FarmOwner) {
    this.#socket = socket
    this.#owner = owner
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#read(chunk.toString('latin1')))
    this.#write(`* OK [CAPABILITY ${capabilities}] farm ready`)
  }

  #read(text: string): void {
    this.#input += text
    for (let end = this.#input.indexOf('\r\n'); end >= 0; end = this.#input.indexOf('\r\n')) {
      const line = this.#input.slice(0, end)
      this.#input = this.#input.slice(end + 2)
      if (this.#authenticating === undefined) this.#command(line)
      else this.#authenticate(this.#authenticating, line)
    }
  }

  #command(line: string): void {
    const [, tag = '*', name = '', rest = ''] = /^(\S+) ((?:UID )?\S+) ?(.*)$/i.exec(line) ?? []
    const command = name.toUpperCase()
    this.#owner.onCommand(command, rest, this.#username)
    const open = /^(?:CAPABILITY|LOGIN|AUTHENTICATE|NOOP|LOGOUT)$/.test(command)
    const answer = this.#answers[command]
    if (!open && !this.#folders) this.#write(`${tag} BAD log in first`)
    else if (answer) answer(tag, rest)
    else this.#write(`${tag} BAD unknown command`)
  }

  readonly #answers: Record<string, (tag: string, rest: string) => void> = {
    CAPABILITY: (tag) => this.#write(`* CAPABILITY ${capabilities}`, `${tag} OK done`),
    NOOP: (tag) => this.#write(`${tag} OK done`),
    AUTHENTICATE: (tag) => {
      this.#authenticating = tag
      this.#write('+ ')
    },
    LOGIN: (tag, rest) => {
      const [username = '', password = ''] = words(rest)
      this.#logIn(tag, username, password)
    },
    LIST: (tag, rest) => this.#list(tag, 'LIST', words(rest)[1] ?? ''),
    LSUB: (tag, rest) => this.#list(tag, 'LSUB', words(rest)[1] ?? ''),
    SELECT: (tag, rest) => this.#select(tag, words(rest)[0] ?? '', 'READ-WRITE'),
    EXAMINE: (tag, rest) => this.#select(tag, words(rest)[0] ?? '', 'READ-ONLY'),
    'UID FETCH': (tag, rest) => {
      const [set = '', ...items] = rest.split(' ')
      for (const { seq, message } of this.#selected?.select(set) ?? [])
        this.#socket.write(fetchResponse(seq, message, items.join(' ')))
      this.#write(`${tag} ${this.#selected ? 'OK done' : 'BAD select first'}`)
    },
    'UID SEARCH': (tag, rest) => {
      const found = this.#selected?.search(rest) ?? []
      this.#write(`* SEARCH${found.map((uid) => ` ${uid}`).join('')}`, `${tag} OK done`)
    },
    'UID STORE': (tag, rest) => this.#store(tag, rest),
    'UID MOVE': (tag, rest) => this.#move(tag, rest),
    'UID COPY': (tag, rest) => this.#copy(tag, rest),
    'UID EXPUNGE': (tag, rest) => {
      const marked = (this.#selected?.select(rest) ?? []).filter(({ message }) =>
        message.flags.includes('\\Deleted'),
      )
      this.#write(...(this.#writable ? this.#expunge(marked) : []), `${tag} OK done`)
    },
    CREATE: (tag, rest) => {
      const [name = ''] = words(rest)
      const known = this.#find(name) !== undefined
      if (!known) this.#owner.createFolder(this.#username, name)
      this.#write(`${tag} ${known ? 'NO [ALREADYEXISTS] there is one' : 'OK done'}`)
    },
    SUBSCRIBE: (tag) => this.#write(`${tag} OK done`),
    LOGOUT: (tag) => {
      this.#write('* BYE', `${tag} OK done`)
      this.#socket.end()
    },
  }

  #authenticate(tag: string, line: string): void {
    this.#authenticating = undefined
    const [, username = '', password = ''] = Buffer.from(line, 'base64').toString().split('\u0000')
    this.#logIn(tag, username, password)
  }

  #logIn(tag: string, username: string, password: string): void {
    this.#folders = this.#owner.logIn(username, password)
    this.#username = username
    this.#write(
      this.#folders
        ? `${tag} OK [CAPABILITY ${capabilities}] logged in`
        : `${tag} NO [AUTHENTICATIONFAILED] Invalid credentials`,
    )
  }

  #list(tag: string, verb: string, pattern: string): void {
    if (pattern === '') this.#write(`* ${verb} (\\Noselect) "/" ""`)
    for (const { name, use } of this.#folders ?? []) {
      const matches = pattern === '*' || pattern === '%' || pattern.toUpperCase() === name.toUpperCase()
      if (matches) this.#write(`* ${verb} (\\HasNoChildren${use ? ` ${use}` : ''}) "/" "${name}"`)
    }
    this.#write(`${tag} OK done`)
  }

  #find(name: string): FarmFolder | undefined {
    return this.#folders?.find((folder) => folder.name.toUpperCase() === name.toUpperCase())
  }

  #store(tag: string, rest: string): void {
    const [, set = '', sign, list = ''] = /^(\S+) ([+-])FLAGS(?:\.SILENT)? \(([^)]*)\)/i.exec(rest) ?? []
    for (const { message } of this.#selected?.select(set) ?? [])
      this.#setFlags(message, list.split(' '), sign === '+')
    this.#write(`${tag} ${this.#selected && this.#writable ? 'OK done' : 'NO [READ-ONLY] no'}`)
  }

  #setFlags(message: FarmMessage, flags: readonly string[], set: boolean): void {
    this.#selected?.setFlags(message, flags, set)
    for (const flag of flags) this.#owner.onChange(this.#username, message, `${set ? '+' : '-'}${flag}`)
  }

  #move(tag: string, rest: string): void {
    const [set = '', name = ''] = words(rest)
    const to = this.#find(name)
    const from = this.#selected
    if (!from || !to || !this.#writable) {
      this.#write(`${tag} NO ${to ? '[READ-ONLY] no' : '[TRYCREATE] no such folder'}`)
      return
    }
    const found = from.select(set)
    for (const { message } of found) {
      to.add(message.content, message.internalDate, message.flags)
      this.#owner.onChange(this.#username, message, `${from.name} → ${to.name}`)
    }
    this.#write(...this.#expunge(found), `${tag} OK done`)
  }

  #copy(tag: string, rest: string): void {
    const [set = '', name = ''] = words(rest)
    const to = this.#find(name)
    for (const { message } of to ? (this.#selected?.select(set) ?? []) : [])
      to?.add(message.content, message.internalDate, [...message.flags])
    this.#write(`${tag} ${to ? 'OK done' : 'NO [TRYCREATE] no such folder'}`)
  }

  #expunge(found: readonly { seq: number; message: FarmMessage }[]): string[] {
    this.#selected?.remove(found.map(({ message }) => message.uid))
    // Each number is that of the moment: the ones behind have moved up.
    return found.map(({ seq }, before) => `* ${seq - before} EXPUNGE`)
  }

  #select(tag: string, name: string, access: string): void {
    this.#selected = this.#find(name)
    this.#writable = access === 'READ-WRITE'
    if (!this.#selected) {
      this.#write(`${tag} NO [NONEXISTENT] no such folder`)
      return
    }
    const { messages, uidValidity, uidNext, highestModseq } = this.#selected
    this.#write(
      '* FLAGS (\\Seen \\Answered \\Flagged \\Deleted)',
      '* OK [PERMANENTFLAGS (\\Seen \\Answered \\Flagged \\Deleted \\*)] kept',
      `* ${messages.length} EXISTS`,
      '* 0 RECENT',
      `* OK [UIDVALIDITY ${uidValidity}] valid`,
      `* OK [UIDNEXT ${uidNext}] next`,
      `* OK [HIGHESTMODSEQ ${highestModseq}] highest`,
      `${tag} OK [${access}] done`,
    )
  }

  #write(...lines: string[]): void {
    if (this.#socket.writable) this.#socket.write(`${lines.join('\r\n')}\r\n`)
  }
}

/** Atoms and quoted strings. */
function words(text: string): string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(
    ([, quoted, atom]) => quoted?.replace(/\\(.)/g, '$1') ?? atom ?? '',
  )
}
