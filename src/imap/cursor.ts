/** Where reading a folder stopped; the columns of email_folders. */
export interface FolderCursor {
  uidValidity: number
  /** Every message up to here has been dealt with. */
  lastUid: number
  highestModseq: string | null
  /** A first or repeated reading by date that has come as far as `lastUid`. */
  reseeding: boolean
}

/** What SELECT answered. EXISTS is not among it: servers miscount, and nothing here needs a count. */
export interface MailboxState {
  uidValidity: number
  uidNext?: number | undefined
  highestModseq?: string | undefined
}

export interface SyncPolicy {
  /** Older messages (by INTERNALDATE) are none of ours: when the mailbox was enrolled. */
  since: Date
  /** When the folder was last read to its end; a renumbered folder is read again from a week before. */
  syncedAt?: Date | undefined
}

export type SyncPlan =
  | { kind: 'nothing' }
  /** Every message from this UID on, whatever its date. */
  | { kind: 'new'; fromUid: number }
  /** Every message from this UID on whose INTERNALDATE is not before `since`; SEARCH SINCE `hint` narrows it down. */
  | { kind: 'reseed'; reason: ReseedReason; fromUid: number; since: Date; hint: Date }

export type ReseedReason = 'first_time' | 'renumbered' | 'resumed' | 'uids_went_back'

const dayMs = 86_400_000
const overlapMs = 7 * dayMs

/**
 * Nothing is concluded from UIDNEXT alone, which some servers get wrong: only a HIGHESTMODSEQ (RFC 7162) that stands
 * still as well spares the look.
 */
export function planSync(
  cursor: FolderCursor | undefined,
  state: MailboxState,
  policy: SyncPolicy,
): SyncPlan {
  if (!cursor) return reseed('first_time', 1, policy.since)
  if (cursor.uidValidity !== state.uidValidity) return reseed('renumbered', 1, overlapStart(policy))
  const fromUid = cursor.lastUid + 1
  if (cursor.reseeding) return reseed('resumed', fromUid, overlapStart(policy))
  return standsStill(cursor, state) ? { kind: 'nothing' } : { kind: 'new', fromUid }
}

/**
 * A folder whose highest UID and UIDNEXT both lie before the cursor was restored from a backup under the same
 * UIDVALIDITY: what came since has numbers that were passed already. Deleting the newest messages leaves UIDNEXT ahead.
 */
export function planAfterLook(
  cursor: FolderCursor,
  state: MailboxState,
  policy: SyncPolicy,
  highestUid: number,
): SyncPlan | undefined {
  const wentBack =
    highestUid < cursor.lastUid && state.uidNext !== undefined && state.uidNext <= cursor.lastUid
  return wentBack ? reseed('uids_went_back', 1, overlapStart(policy)) : undefined
}

/** Whether a message is read under a plan; one without a readable date always is. */
export function isWanted(
  plan: Exclude<SyncPlan, { kind: 'nothing' }>,
  message: { uid: number; internalDate: Date | undefined },
): boolean {
  // "UID FETCH n:*" gives the last message even when its UID is below n (RFC 3501 section 6.4.8).
  if (message.uid < plan.fromUid) return false
  return plan.kind === 'new' || message.internalDate === undefined || message.internalDate >= plan.since
}

function standsStill(cursor: FolderCursor, { highestModseq, uidNext }: MailboxState): boolean {
  return (
    highestModseq !== undefined &&
    highestModseq === cursor.highestModseq &&
    uidNext !== undefined &&
    uidNext <= cursor.lastUid + 1
  )
}

function overlapStart({ since, syncedAt }: SyncPolicy): Date {
  if (!syncedAt) return since
  return new Date(Math.max(since.getTime(), syncedAt.getTime() - overlapMs))
}

/** SEARCH SINCE compares dates without time or zone, in a zone of the server's choice: hence the day. */
function reseed(reason: ReseedReason, fromUid: number, since: Date): SyncPlan {
  return { kind: 'reseed', reason, fromUid, since, hint: new Date(since.getTime() - dayMs) }
}
