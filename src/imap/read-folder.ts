import { Readable } from 'node:stream'
import { type FolderCursor, planAfterLook, planSync, type SyncPlan, type SyncPolicy } from './cursor.ts'
import type { ImapSession } from './imap-session.ts'
import { listMessages, type MessageFacts } from './list-messages.ts'
import { messageBytes } from './message-bytes.ts'

export interface FolderMessage extends MessageFacts {
  /**
   * The raw message, read from the server as fast as it is consumed. May be destroyed at any point; the rest is then never
   * asked for. Works until another folder is opened. Fails with ImapError: `message_gone` if it was deleted meanwhile,
   * `message_unreadable` if the server does not give it.
   */
  open(): Readable
}

/** Messages in UID order. */
export interface FolderReading extends AsyncIterable<FolderMessage> {
  readonly plan: SyncPlan
  readonly uidValidity: number
  /** Messages passed over because they are older than the policy asks for. */
  readonly skipped: number
  /** Where the next reading starts: past every message whose successor was asked for, past all once the iteration has ended. */
  readonly cursor: FolderCursor
}

/** Opens the folder and lists what the cursor and the policy leave to be read; content only comes with `open()`. */
export async function readFolder(
  session: ImapSession,
  path: string,
  cursor: FolderCursor | undefined,
  policy: SyncPolicy,
): Promise<FolderReading> {
  const state = await session.reopen(path)
  const first = planSync(cursor, state, policy)
  const look = await listMessages(session, path, first)
  const second = cursor && first.kind === 'new' && planAfterLook(cursor, state, policy, look.highest)
  const plan = second || first
  const { wanted, skipped, highest } = second ? await listMessages(session, path, second) : look

  const { uidValidity, highestModseq = null } = state
  const finished = (lastUid: number) => ({ uidValidity, lastUid, highestModseq, reseeding: false })
  const started: FolderCursor =
    plan.kind === 'nothing'
      ? finished(cursor?.lastUid ?? 0)
      : { uidValidity, lastUid: plan.fromUid - 1, highestModseq: null, reseeding: plan.kind === 'reseed' }
  const reading = {
    plan,
    uidValidity,
    skipped,
    cursor: started,
    async *[Symbol.asyncIterator]() {
      for (const facts of wanted) {
        yield {
          ...facts,
          open: () => Readable.from(messageBytes(session, path, facts), { objectMode: false }),
        }
        reading.cursor = { ...reading.cursor, lastUid: facts.uid }
      }
      reading.cursor = finished(Math.max(reading.cursor.lastUid, highest))
    },
  }
  return reading
}
