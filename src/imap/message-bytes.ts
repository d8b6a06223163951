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
        'protocol',
        `message ${uid} of "${path}" does not end: ${size} bytes announced, ${start} read`,
      )
  }
}

async function fetchChunk(session: ImapSession, path: string, uid: number, start: number): Promise<Buffer> {
  const part = { source: { start, maxLength: chunkBytes } }
  let found: { source: Buffer | undefined } | undefined
  for await (const row of session.fetch(path, String(uid), part)) {
    if (row.uid === uid && (row.source || !found)) found = { source: row.source }
  }
  if (!found) throw new ImapError('message_gone', `message ${uid} of "${path}" was deleted`)
  if (!found.source && start === 0)
    throw new ImapError('protocol', `the server gave no content for message ${uid} of "${path}"`)
  return found.source ?? Buffer.alloc(0)
}
