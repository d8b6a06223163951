import type { Server } from 'node:net'
// @ts-expect-error: the package bears no types; those below say what of it is used.
import untyped from 'hoodiecrow-imap'

export interface HoodiecrowMessage {
  uid: number
  flags: string[]
  /** As INTERNALDATE writes it. */
  internaldate: string
  /** One character for each byte. */
  raw: string
}

export interface HoodiecrowMailbox {
  messages: HoodiecrowMessage[]
  uidnext: number
  uidvalidity: number
}

export interface HoodiecrowOptions {
  plugins: string[]
  secureConnection?: boolean
  credentials?: { key: string; cert: string }
  users: Record<string, { password: string }>
  /** By namespace; INBOX is one of its own. */
  storage: Record<string, { separator?: string; folders?: Record<string, { 'special-use'?: string }> }>
}

export interface Hoodiecrow {
  server: Server
  listen(port: number, host: string, listening: () => void): void
  getMailbox(path: string): HoodiecrowMailbox | undefined
  appendMessage(
    mailbox: HoodiecrowMailbox,
    flags: string[],
    internalDate: Date,
    raw: string,
  ): { message: HoodiecrowMessage }
}

export const hoodiecrow = untyped as (options: HoodiecrowOptions) => Hoodiecrow
