import type { FolderCursor, SyncPolicy } from '../../src/imap/cursor.ts'
import { ImapError } from '../../src/imap/errors.ts'
import type { ImapSession } from '../../src/imap/imap-session.ts'
import { createImapLimits } from '../../src/imap/limits.ts'
import { type FolderReading, readFolder } from '../../src/imap/read-folder.ts'
import { type ImapSessionOptions, withImapSession } from '../../src/imap/session.ts'
import type { ImapSettings } from '../../src/imap/settings.ts'

export const always: SyncPolicy = { since: new Date(0) }

interface LabServer {
  host: string
  port: number
  username: string
  password: string
}

export const settingsOf = ({ host, port, username, password }: LabServer): ImapSettings => ({
  id: `${username} at ${port}`,
  host,
  port,
  security: 'none',
  username,
  password,
})

/** A session with one lab mailbox; `change` replaces settings. */
export function imapSession<T>(
  server: LabServer,
  work: (session: ImapSession) => Promise<T>,
  options: Partial<ImapSessionOptions> = {},
  change: Partial<ImapSettings> = {},
): Promise<T> {
  const limits = createImapLimits({ process: 10, perHost: 10 })
  return withImapSession({ ...settingsOf(server), ...change }, { limits, ...options }, work)
}

/** Opens every message of a folder; bodies by UID, in the order they came. */
export async function readAll(
  session: ImapSession,
  path: string,
  cursor?: FolderCursor,
  policy: SyncPolicy = always,
): Promise<{ bodies: [uid: number, body: string][]; reading: FolderReading }> {
  const bodies: [uid: number, body: string][] = []
  const reading = await readFolder(session, path, cursor, policy)
  for await (const message of reading)
    bodies.push([message.uid, Buffer.concat(await message.open().toArray()).toString('latin1')])
  return { bodies, reading }
}

/** The failure of a session that has to fail. */
export async function failureOf(session: Promise<unknown>): Promise<ImapError> {
  try {
    await session
  } catch (error) {
    if (error instanceof ImapError) return error
    throw error
  }
  throw new Error('the session did not fail')
}

export const mail = (subject: string): Buffer => Buffer.from(`Subject: ${subject}\r\n\r\n${subject}\r\n`)
