import { findFolderNamed } from '../../imap/ensure-folder.ts'
import { ImapError } from '../../imap/errors.ts'
import { chooseFolders } from '../../imap/folders.ts'
import type { ImapSession } from '../../imap/imap-session.ts'
import { withImapSession } from '../../imap/session.ts'
import { promoteToSent } from '../../sending/proof-store.ts'
import { listInDoubt } from '../../warmup/doubt-store.ts'
import { type Arrival, decideRound, type OpenExchange } from '../../warmup/round.ts'
import { setEnded, setFound, type WarmupAccount } from '../../warmup/round-store.ts'
import type { SyncedMailbox } from '../inbox/mailbox.ts'
import { act } from './act.ts'
import { lookForMessages } from './look.ts'
import { roundSession, type WarmupRoom } from './room.ts'
import type { RoundFolders, RoundRun } from './run.ts'

export interface RoundResult {
  problems: string[]
  remarks: string[]
  /** What ended the session early; what was done before stands. */
  failure: ImapError | undefined
}

export interface RoundOf {
  mailbox: SyncedMailbox
  account: WarmupAccount
  exchanges: readonly OpenExchange[]
  now: Date
}

/** One session with the mailbox's server: finds its warmup messages, and does what is due with each. */
export async function runRound(room: WarmupRoom, of: RoundOf, signal: AbortSignal): Promise<RoundResult> {
  const result: RoundResult = { problems: [], remarks: [], failure: undefined }
  try {
    await withImapSession(of.mailbox.imap, roundSession(room, signal), async (session) => {
      const place = { tenantId: of.mailbox.tenantId, mailboxId: of.mailbox.id }
      const folders = await findRoundFolders(session, of.account.folder, result)
      await doWhatIsDue({ room, ...of, ...result, place, session, folders })
    })
  } catch (error) {
    if (!(error instanceof ImapError)) throw error
    result.failure = error
  }
  return result
}

async function findRoundFolders(
  session: ImapSession,
  name: string,
  { problems, remarks }: RoundResult,
): Promise<RoundFolders> {
  const listed = await session.list()
  const known = chooseFolders(listed)
  const { inbox, junk } = known
  if (!junk)
    remarks.push('the mailbox has no Junk folder that is known by its use or name: only INBOX is read')
  const filed = findFolderNamed(listed, name)
  const filesNothing = filed !== undefined && Object.values(known).includes(filed)
  if (filesNothing)
    problems.push(
      `nothing can be put away: "${filed}" is not a folder of its own, but what the mailbox has for other messages; end its warmup and enrol it with another --folder`,
    )
  return { inbox, junk, filed: filesNothing ? undefined : filed, filesNothing }
}

async function doWhatIsDue(run: RoundRun): Promise<void> {
  const { messages, complete } = await lookForMessages(run)
  const policy = { ...run.account, zone: run.mailbox.zone }
  const round = decideRound(run.exchanges, messages, policy, run.now, complete)
  await recordArrivals(run, round.arrivals)
  await act(run, round.actions)
  await setEnded(run.room.db, run.place, round.endings, run.now)
}

/** What has arrived was sent, whatever its sender knows of it; emails are locked before exchanges everywhere. */
async function recordArrivals({ room, place, now }: RoundRun, arrivals: readonly Arrival[]): Promise<void> {
  if (arrivals.length === 0) return
  const tokens = arrivals.map(({ exchange }) => exchange.token)
  await room.db.transaction().execute(async (trx) => {
    const inDoubt = await listInDoubt(trx, tokens)
    await promoteToSent(
      trx,
      inDoubt.map((email) => ({ ...email, evidence: { code: 'found_by_receiver' } })),
    )
    await setFound(trx, place, arrivals, now)
  })
  room.metrics.warmupInteractions.inc({ type: 'received' }, arrivals.length)
}
