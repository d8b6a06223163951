import { ImapError } from './errors.ts'
import type { ImapSession } from './imap-session.ts'

/** What is held of a message at once; most messages fit in one. */
const chunkBytes = 256 * 1024

/** The raw message in pieces, each asked for only when the one before was taken. */
export async function* messageBytes(
  session: ImapSession,
  path: string,
  { uid, size }: { uid: number; size: number | undefined },
): AsyncGenerator<Buffer> {
  let start = 0
  for (;;) {
    const chunk = await fetchChunk(session, path, uid, start)
    if (chunk.length > 0) yield chunk
    start += chunk.length
    // Short: that was the end. Long: the server does not know parts and gave all. The announced size spares a last question.
    if (chunk.length !== chunkBytes || start === size) return
    if (size !== undefined && start > size * 2 + chunkBytes)
      throw new ImapError(
        'message_unreadable',
        `message ${uid} of "${path}" does not end: ${size} bytes announced, ${start} read`,
      )
  }
}

async function fetchChunk(session: ImapSession, path: string, uid: number, start: number): Promise<Buffer> {
  const found = await fetchPart(session, path, uid, start)
  if (!found) throw await missing(session, path, uid)
  if (!found.source && start === 0)
    throw new ImapError('message_unreadable', `the server gave no content for message ${uid} of "${path}"`)
  return found.source ?? Buffer.alloc(0)
}

async function fetchPart(session: ImapSession, path: string, uid: number, start: number) {
  const part = { source: { start, maxLength: chunkBytes } }
  let found: { source: Buffer | undefined } | undefined
  try {
    for await (const row of session.fetch(path, String(uid), part)) {
      if (row.uid === uid && (row.source || !found)) found = { source: row.source }
    }
  } catch (error) {
    const refused = error instanceof ImapError && error.kind === 'protocol'
    throw refused ? new ImapError('message_unreadable', error.message) : error
  }
  return found
}

/** Not in the answer: it was deleted, if the server says so when asked, or what was said of it could not be read. */
async function missing(session: ImapSession, path: string, uid: number): Promise<ImapError> {
  const left = await session.search({ uid: String(uid) })
  return left && !left.includes(uid)
    ? new ImapError('message_gone', `message ${uid} of "${path}" was deleted`)
    : new ImapError('message_unreadable', `the answer about message ${uid} of "${path}" could not be read`)
}
