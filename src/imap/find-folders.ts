import { chooseFolders, type Folders } from './folders.ts'
import type { ImapSession } from './imap-session.ts'

/** Asks the server for its folders; one look a day is enough, people rarely rename them. */
export async function findFolders(session: ImapSession): Promise<Folders> {
  return chooseFolders(await session.list())
}
