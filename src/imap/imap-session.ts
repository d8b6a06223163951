import type { FetchMessageObject, FetchQueryObject, ImapFlow, SearchObject } from 'imapflow'
import { type Complaints, skipLookUp } from './client.ts'
import type { MailboxState } from './cursor.ts'
import { classifyFailure, failureFacts, failureWords, ImapError } from './errors.ts'
import type { ListedFolder } from './folders.ts'
import { type ImapSettings, scrub } from './settings.ts'

/** A logged-in connection. Its commands run one after another and throw nothing but ImapError. */
export class ImapSession {
  readonly #client: ImapFlow
  readonly #complaints: Complaints
  readonly #settings: ImapSettings
  readonly #silenceMs: number
  #failure: ImapError | undefined
  #asking = 'the connection'
  #open: { path: string; state: MailboxState; writable: boolean } | undefined

  constructor(client: ImapFlow, complaints: Complaints, settings: ImapSettings, silenceMs: number) {
    this.#client = client
    this.#complaints = complaints
    this.#settings = settings
    this.#silenceMs = silenceMs
    // Without a listener a broken connection would end the process.
    client.on('error', (error) => this.fail(this.#translate(this.#asking, error)))
  }

  /** Answers that could not be read so far; what they said is lost. */
  get unreadableLines(): number {
    return this.#complaints.unreadableLines
  }

  /** Whether the server offers an extension, such as MOVE; one that speaks IMAP4rev2 alone (RFC 9051) need not name them. */
  offers(capability: 'MOVE' | 'UIDPLUS'): boolean {
    const { capabilities } = this.#client
    return capabilities.has(capability) || (capabilities.has('IMAP4rev2') && !capabilities.has('IMAP4rev1'))
  }

  async connect(): Promise<void> {
    await this.run('log in', async (client) => {
      await client.connect()
      return true
    })
  }

  /** Ends the connection at once; every command, now and later, fails with `error`. */
  fail(error: ImapError): void {
    this.#failure ??= error
    this.#client.close()
  }

  async list(): Promise<ListedFolder[]> {
    const folders = await this.run('list the folders', (client) => client.list())
    return folders.map(({ path, delimiter, flags }) => ({ path, delimiter, flags: [...flags] }))
  }

  /** Selects a folder, read-only unless it is to be changed; nothing is done if it is open already. */
  async open(path: string, access: 'read' | 'write' = 'read'): Promise<MailboxState> {
    const open = this.#open
    if (open?.path === path && (open.writable || access === 'read')) return open.state
    return await this.reopen(path, access)
  }

  /** Selects a folder, and so learns what it holds now. */
  async reopen(path: string, access: 'read' | 'write' = 'read'): Promise<MailboxState> {
    this.#open = undefined
    const asked = `open the folder "${path}"`
    const box = await this.run(asked, (client) => {
      skipLookUp(client, path)
      return client.mailboxOpen(path, { readOnly: access === 'read' })
    })
    if (!box.uidValidity) throw new ImapError('protocol', `${asked}: the server gave no UIDVALIDITY`)
    const state = {
      uidValidity: Number(box.uidValidity),
      uidNext: box.uidNext,
      highestModseq: box.noModseq ? undefined : box.highestModseq?.toString(),
    }
    this.#open = { path, state, writable: access === 'write' }
    return state
  }

  /** UIDs in the open folder, ascending; `undefined` if the server refuses the search. */
  async search(query: SearchObject): Promise<number[] | undefined> {
    try {
      return await this.run('search', (client) => client.search(query, { uid: true }))
    } catch (error) {
      if (!this.#failure && error instanceof ImapError && error.kind === 'protocol') return undefined
      throw error
    }
  }

  /**
   * What the server says of the UIDs asked for in the folder at `path`: in its own order, perhaps UIDs nobody asked for,
   * perhaps one twice. Other commands have to wait until it has ended.
   */
  async *fetch(path: string, uids: string, query: FetchQueryObject): AsyncGenerator<FetchMessageObject> {
    const asked = `fetch messages ${uids} of "${path}"`
    this.#mustBeOpen(path, asked)
    const rows = this.#client.fetch(uids, query, { uid: true })
    try {
      for (;;) {
        const next = await this.run(asked, () => rows.next())
        if (next.done) break
        if (next.value.uid) yield next.value
        // A change of flags announced meanwhile may lack it (RFC 3501 section 7.4.2); an answer to what was asked may not.
        else this.#complaints.unreadableLines += 1
      }
    } finally {
      await rows.return(undefined)
    }
    // imapflow ends the rows of a lost folder as if there were no more.
    this.#mustBeOpen(path, asked)
  }

  /** Runs one command; `false` and nothing at all are failures, with what the server said. */
  async run<T>(asked: string, command: (client: ImapFlow) => Promise<T | false | undefined>): Promise<T> {
    if (this.#failure) throw this.#failure
    this.#complaints.last = undefined
    this.#asking = asked
    const stop = this.#watchForSilence(asked)
    try {
      const answer = await command(this.#client)
      if (answer !== false && answer !== undefined) return answer
      throw this.#complaints.last ?? new Error('the server did not do it, and did not say why')
    } catch (error) {
      throw this.#failure ?? this.#translate(asked, error)
    } finally {
      stop()
    }
  }

  #mustBeOpen(path: string, asked: string): void {
    if (this.#failure) throw this.#failure
    if (!this.#client.usable || !this.#client.mailbox)
      throw new ImapError('closed', `${asked}: the connection is closed`)
    if (this.#open?.path !== path)
      throw new ImapError('protocol', `${asked}: it is not the open folder any more`)
  }

  /** A server that sends nothing for so long is given up; a slow one that still sends is not. */
  #watchForSilence(asked: string): () => void {
    const heard = () => this.#client.stats().received
    let before = heard()
    const timer = setInterval(() => {
      if (heard() === before) {
        const seconds = Math.round(this.#silenceMs / 1000)
        this.fail(new ImapError('timeout', `${asked}: the server said nothing for ${seconds} s`))
      }
      before = heard()
    }, this.#silenceMs)
    return () => clearInterval(timer)
  }

  #translate(asked: string, error: unknown): ImapError {
    if (error instanceof ImapError) return error
    const facts = failureFacts(error)
    const words = scrub(failureWords(asked, facts), this.#settings)
    return new ImapError(classifyFailure(facts), words)
  }
}
