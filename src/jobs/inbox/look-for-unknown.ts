import { ImapError } from '../../imap/errors.ts'
import { withImapSession } from '../../imap/session.ts'
import { forgetFolders, listFolders } from '../../inbox/folder-store.ts'
import { requeueUnknown } from '../../sending/doubt-store.ts'
import { type Absence, decideAbsent, isControlled, lookAgainAt } from '../../sending/look.ts'
import {
  type DueLook,
  insertLooks,
  type LookedInVain,
  type LookNote,
  listDueLooks,
  setLookedInVain,
} from '../../sending/look-store.ts'
import { promoteToSent } from '../../sending/proof-store.ts'
import { type FolderSighting, lookThrough, type Sighting } from './look-through.ts'
import type { SyncedMailbox } from './mailbox.ts'
import { type InboxRoom, sessionOptions } from './room.ts'

const atOnce = 500

/**
 * Looks for the mailbox's emails of unknown outcome that are to be looked for by now, all in one pass through its folders for
 * what it sent, and does what follows. Returns how many are not in doubt any more.
 */
export async function lookForUnknown(
  room: InboxRoom,
  mailbox: SyncedMailbox,
  signal: AbortSignal,
): Promise<number> {
  const due = await listDueLooks(room.db, mailbox, atOnce)
  if (due.length === 0) return 0
  let sightings: FolderSighting[]
  try {
    sightings = await lookEverywhere(room, mailbox, due, signal)
  } catch (error) {
    if (!(error instanceof ImapError)) throw error
    // Interrupted: whoever comes next looks.
    if (!signal.aborted) await noteFailure(room, mailbox, due, error)
    return 0
  }
  const found = due.flatMap((email) => {
    const sighting = sightings.map(({ found }) => found.get(email.id)).find((one) => one !== undefined)
    return sighting ? [{ email, sighting }] : []
  })
  const absent = due.filter((email) => !found.some((one) => one.email.id === email.id))
  const sent = await recordFound(room, found)
  const requeued = await recordAbsent(room, absent, {
    folders: sightings.map(({ path }) => path),
    controls: sightings.map(({ controls }) => controls),
  })
  room.log.info({ mailboxId: mailbox.id, due: due.length, sent, requeued }, 'unknown.looked')
  return sent + requeued
}

async function lookEverywhere(
  room: InboxRoom,
  mailbox: SyncedMailbox,
  due: readonly DueLook[],
  signal: AbortSignal,
): Promise<FolderSighting[]> {
  const folders = await listFolders(room.db, mailbox)
  const paths = (['sent', 'all'] as const).flatMap((type) =>
    folders.filter((folder) => folder.type === type).map(({ path }) => path),
  )
  if (paths.length === 0) return []
  return withImapSession(mailbox.imap, sessionOptions(room, signal), async (session) => {
    const sightings: FolderSighting[] = []
    for (const path of paths) {
      const missing = due.filter(({ id }) => !sightings.some(({ found }) => found.has(id)))
      if (missing.length > 0) sightings.push(await lookThrough(room.db, session, mailbox, path, missing))
    }
    return sightings
  })
}

type Found = { email: DueLook; sighting: Sighting }

async function recordFound(room: InboxRoom, found: readonly Found[]): Promise<number> {
  if (found.length === 0) return 0
  const proofs = found.map(({ email: { tenantId, id }, sighting: { sentAt, serverMessageId } }) => {
    return { tenantId, id, evidence: { code: 'found_in_mailbox', sentAt, serverMessageId } }
  })
  const notes = found.map(({ email, sighting }): LookNote => {
    const reason = `found in ${sighting.path}`
    return { ...note(email), folders: [sighting.path], result: 'found', followedBy: 'sent', reason }
  })
  return room.db.transaction().execute(async (trx) => {
    const sent = await promoteToSent(trx, proofs)
    await insertLooks(
      trx,
      notes.filter(({ id }) => sent.has(id)),
    )
    room.metrics.looks.inc({ outcome: 'found' }, sent.size)
    return sent.size
  })
}

/** Emails to be sent again apart from the others: budgets are locked before any email. */
async function recordAbsent(room: InboxRoom, emails: readonly DueLook[], absence: Absence): Promise<number> {
  const looked = emails.map((email) => {
    const decision = decideAbsent(email, absence, room.options, email.now)
    return { email, decision, controlled: isControlled(email, absence) }
  })
  const inVain = looked.flatMap(({ email, decision, controlled }): LookedInVain[] => {
    if (decision.followedBy === 'scheduled') return []
    const noted = {
      ...note(email),
      folders: absence.folders,
      result: 'absent' as const,
      controlled,
      ...decision,
    }
    const { followedBy } = decision
    return followedBy === 'look'
      ? [{ ...noted, followedBy, nextLookAt: decision.at, parkedCode: null }]
      : [{ ...noted, followedBy, nextLookAt: null, parkedCode: decision.code }]
  })
  const count = await room.db.transaction().execute((trx) => setLookedInVain(trx, inVain))
  const again = looked.flatMap(({ email, decision, controlled }) =>
    decision.followedBy === 'scheduled' ? [{ email, controlled, reason: decision.reason }] : [],
  )
  const requeued = await room.db.transaction().execute(async (trx) => {
    const emails = again.map(({ email }) => email)
    const ids = await requeueUnknown(trx, emails, { code: 'absent_in_mailbox', reason: notThere })
    const notes = again.map(({ email, controlled, reason }): LookNote => {
      const { folders } = absence
      return { ...note(email), folders, result: 'absent', controlled, followedBy: 'scheduled', reason }
    })
    await insertLooks(
      trx,
      notes.filter(({ id }) => ids.has(id)),
    )
    return ids.size
  })
  room.metrics.looks.inc({ outcome: 'absent' }, count + requeued)
  return requeued
}

const notThere = 'its mailbox has what it sent then, and not this: it was not sent'

async function noteFailure(
  room: InboxRoom,
  mailbox: SyncedMailbox,
  due: readonly DueLook[],
  error: ImapError,
): Promise<void> {
  // A folder that was renamed is found by its new name when the server is asked again.
  if (error.kind === 'protocol') await forgetFolders(room.db, mailbox)
  const looks = due.map((email): LookedInVain => {
    const nextLookAt = lookAgainAt(email.unknownAt, email.now, room.options.looksSeconds)
    const failed = { result: 'failed', followedBy: 'look', reason: error.message } as const
    return { ...note(email), ...failed, folders: [], looks: email.looks, nextLookAt, parkedCode: null }
  })
  const count = await room.db.transaction().execute((trx) => setLookedInVain(trx, looks))
  room.metrics.looks.inc({ outcome: 'failed' }, count)
  room.log.warn({ mailboxId: mailbox.id, due: due.length, err: error }, 'unknown.unlooked')
}

function note({ tenantId, id, attempt, looks }: DueLook) {
  return { tenantId, id, attempt, looks, controlled: false }
}
