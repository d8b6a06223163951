declare module 'hoodiecrow-imap' {
  import type { Server, Socket } from 'node:net'

  interface Message {
    uid: number
    flags: string[]
    /** As INTERNALDATE writes it. */
    internaldate: string
    /** One character for each byte. */
    raw: string
  }

  interface Mailbox {
    path: string
    messages: Message[]
    uidnext: number
    uidvalidity: number
  }

  interface Folder {
    'special-use'?: string
    uidvalidity?: number
    allowPermanentFlags?: boolean
    folders?: Record<string, Folder>
  }

  interface Hoodiecrow {
    server: Server
    connectionHandlers: ((connection: { socket: Socket }) => void)[]
    listen(port: number, host: string, listening: () => void): void
    close(closed: () => void): void
    getMailbox(path: string): Mailbox | undefined
    appendMessage(
      mailbox: Mailbox,
      flags: string[],
      internalDate: Date,
      raw: string,
    ): { mailbox: Mailbox; message: Message }
  }

  function hoodiecrow(options: {
    plugins?: string[]
    secureConnection?: boolean
    credentials?: { key: string; cert: string }
    users?: Record<string, { password: string }>
    storage?: Record<string, { separator?: string; folders?: Record<string, Folder> }>
  }): Hoodiecrow

  export = hoodiecrow
}
