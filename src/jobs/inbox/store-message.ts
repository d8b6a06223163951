import { createHash } from 'node:crypto'
import { newId } from '../../core/ids.ts'
import type { Db, Trx } from '../../db/connect.ts'
import type { FolderCursor } from '../../imap/cursor.ts'
import { encodeBody } from '../../inbox/body-coding.ts'
import { insertBody, type NewBody } from '../../inbox/body-store.ts'
import { lockFolder, setCursor } from '../../inbox/folder-store.ts'
import { findRecentEmail, findReferredEmail, type MatchedEmail } from '../../inbox/match-store.ts'
import {
  findAtPlace,
  insertAttachments,
  insertMessage,
  type MessagePlace,
  type NewMessage,
  setMessagePlace,
  setPlaceLost,
} from '../../inbox/message-store.ts'
import type { QueueClient } from '../../queue/boss.ts'
import { actOnAnswer } from './act-on-answer.ts'
import { enqueueReport } from './enqueue-report.ts'
import type { SyncedMailbox } from './mailbox.ts'
import { type ReadMessage, readMessage } from './read-message.ts'
import type { ReceivedBytes } from './receive.ts'
import { countRejectedToken } from './warmup-token.ts'

export interface Arrival {
  mailbox: SyncedMailbox
  folderId: string
  uid: number
  /** Where the folder stands once this message is dealt with. */
  cursor: FolderCursor
  /** The folder is being read again: its messages may be known under other numbers. */
  reading: 'new' | 'again' | 'renumbered'
  internalDate: Date
  received: ReceivedBytes
  attempts: number
}

export type Stored = NewMessage['message_type'] | 'known'

import { readToken } from '../../warmup/token.ts'

interface Ports {
  db: Db
  queue: QueueClient
  matchDays: number
  /** Knows the tokens of warmup. */
  warmupKey: Buffer
}

/** Reads a message and does, in one transaction, all that follows from it; says what it was. */
export async function processMessage(ports: Ports, arrival: Arrival): Promise<Stored> {
  const { mailbox, received } = arrival
  const at = believable(arrival.internalDate, new Date())
  const read = readMessage(
    received.head,
    at,
    mailbox.zone,
    (token) => readToken(ports.warmupKey, token) !== undefined,
  )
  const isReport = read.triage.class === 'report' || read.triage.class === 'complaint'
  const body = await packBody(isReport ? received.head : Buffer.from(read.text), received)
  return ports.db.transaction().execute(async (trx) => {
    if (!(await takePlace(trx, arrival))) return 'known'
    const { warmupToken: token, from } = read
    if (token) await countRejectedToken(trx, ports.warmupKey, mailbox, { token, from, at })
    const email = isReport ? undefined : await findAnswered(trx, mailbox, read, at, ports.matchDays)
    // Private mail that answers nothing of ours is none of our business: that it came is all that is kept.
    const keepsBody = email !== undefined || !isLetter(read)
    const columns = readColumns(keepsBody ? read : withoutText(read))
    const row = { ...placeColumns(arrival), ...columns, ...outcomeColumns(read, email) }
    if (keepsBody) await insertBody(trx, mailbox.tenantId, body)
    await insertMessage(trx, { ...row, body_sha256: keepsBody ? body.sha256 : null })
    await insertAttachments(trx, { tenantId: mailbox.tenantId, id: row.id }, read.attachments)
    if (isReport) await enqueueReport(ports.queue, trx, { tenantId: mailbox.tenantId, messageId: row.id })
    if (email)
      await actOnAnswer(trx, {
        messageId: row.id,
        identity: identityOf(arrival),
        at,
        triage: read.triage,
        email,
      })
    return row.message_type
  })
}

// The row may be gone when a folder is read again, a year later.
const identityOf = ({ received, internalDate }: Arrival): string =>
  `${received.sha256.toString('hex')}@${internalDate.getTime()}`

const isLetter = ({ triage }: ReadMessage): boolean => triage.class === 'reply' || triage.class === 'other'

const withoutText = ({ triage, ...read }: ReadMessage): ReadMessage => ({
  ...read,
  triage: 'newText' in triage ? { ...triage, newText: '' } : triage,
  text: '',
})

/** When it arrived, by a server that may have no date for it or one in the future. */
function believable(internalDate: Date, now: Date): Date {
  const ms = internalDate.getTime()
  return ms > Date.UTC(2000, 0) && ms <= now.getTime() ? internalDate : now
}

/** Keeps a message that cannot be processed, with its bytes, and passes it. */
export async function recordUnreadable(db: Db, arrival: Arrival, why: string): Promise<Stored> {
  const { mailbox, received } = arrival
  const body = await packBody(received.head, received)
  return db.transaction().execute(async (trx) => {
    if (!(await takePlace(trx, arrival))) return 'known'
    await insertBody(trx, mailbox.tenantId, body)
    await insertMessage(trx, {
      ...placeColumns(arrival),
      message_type: 'unreadable',
      status: 'unreadable',
      reason: why.slice(0, 2000),
      body_sha256: body.sha256,
      facts: {},
    })
    return 'unreadable'
  })
}

/** Moves the cursor past the message. False when it was dealt with before, here or elsewhere in the mailbox. */
async function takePlace(trx: Trx, arrival: Arrival): Promise<boolean> {
  const { mailbox, folderId, uid, cursor, received, internalDate, reading } = arrival
  const folder = { tenantId: mailbox.tenantId, id: folderId }
  await lockFolder(trx, folder)
  await setCursor(trx, folder, cursor)
  const place: MessagePlace = { folderId, uidValidity: cursor.uidValidity, uid }
  const known = await findAtPlace(trx, place)
  if (known && (reading === 'new' || known.sha256?.equals(received.sha256))) return false
  if (known) await setPlaceLost(trx, place)
  const message = { mailboxId: mailbox.id, sha256: received.sha256, internalDate }
  return !(await setMessagePlace(trx, message, place, reading === 'renumbered'))
}

async function findAnswered(
  trx: Trx,
  mailbox: SyncedMailbox,
  { references, from, triage }: ReadMessage,
  at: Date,
  matchDays: number,
): Promise<MatchedEmail | undefined> {
  // What its owner writes from it, with a copy to himself, answers nothing.
  if (from === mailbox.address) return undefined
  const referred = await findReferredEmail(trx, mailbox, references)
  if (referred || from === undefined) return referred
  // Newsletters and notices of a company that we wrote to answer nothing.
  if (triage.class === 'other' && triage.kind !== 'message') return undefined
  return findRecentEmail(trx, mailbox, from, at, matchDays)
}

async function packBody(bytes: Buffer, received: ReceivedBytes): Promise<NewBody> {
  const sha256 = createHash('sha256').update(bytes).digest()
  const truncated = received.size > received.head.length
  return { ...(await encodeBody(bytes)), sha256, bytes: bytes.length, truncated }
}

function placeColumns({ mailbox, folderId, uid, cursor, internalDate, received, attempts }: Arrival) {
  return {
    tenant_id: mailbox.tenantId,
    id: newId(),
    email_account_id: mailbox.id,
    folder_id: folderId,
    uid_validity: cursor.uidValidity,
    imap_uid: uid,
    internal_date: internalDate,
    size_bytes: received.size,
    message_sha256: received.sha256,
    attempts,
    processed_at: new Date(),
  }
}

function readColumns({ triage, text, ...read }: ReadMessage) {
  const { class: _, ...facts } = triage
  const warmupToken = triage.class === 'warmup' ? read.warmupToken : undefined
  const excerpt = 'newText' in facts ? facts.newText.slice(0, 500) : text.slice(0, 500)
  return {
    from_email: read.from ?? null,
    to_email: read.to ?? null,
    subject: read.subject ?? null,
    message_id: read.messageId ?? null,
    in_reply_to: read.inReplyTo ?? null,
    facts: { ...facts, newText: undefined, excerpt, warmupToken },
  }
}

function outcomeColumns({ triage }: ReadMessage, email: MatchedEmail | undefined) {
  if (triage.class === 'report' || triage.class === 'complaint')
    return { message_type: triage.class, status: 'pending', processed_at: null } as const
  if (!email)
    return {
      message_type: triage.class,
      status: 'unmatched',
      reason: 'it answers nothing that this mailbox sent',
    } as const
  // Whom we wrote to writes: an answer, though no header says so.
  const isReply = triage.class === 'other' && triage.kind === 'message'
  return {
    message_type: isReply ? 'reply' : triage.class,
    status: 'processed',
    email_id: email.id,
    campaign_id: email.campaignId,
    lead_id: email.leadId,
    matched_by: email.matchedBy,
    thread_id: email.threadId,
  } as const
}
