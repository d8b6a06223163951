import type { ImapSession } from '../../imap/imap-session.ts'
import type { OpenExchange } from '../../warmup/round.ts'
import type { WarmupAccount, WarmupMailbox } from '../../warmup/round-store.ts'
import type { SyncedMailbox } from '../inbox/mailbox.ts'
import type { WarmupRoom } from './room.ts'

/** One round of one mailbox, in one session with its server. */
export interface RoundRun {
  room: WarmupRoom
  mailbox: SyncedMailbox
  /** The same, as the store knows it. */
  place: WarmupMailbox
  account: WarmupAccount
  exchanges: readonly OpenExchange[]
  session: ImapSession
  folders: RoundFolders
  now: Date
  /** What the server refused, in words: tried again at the next round, later each time. */
  problems: string[]
  /** What is worth saying, though nothing failed. */
  remarks: string[]
}

export interface RoundFolders {
  inbox: string
  junk: string | undefined
  /** Where warmup messages end; made when the first one does. */
  filed: string | undefined
  /** No folder may be made for it: it is one that the mailbox has for something else. */
  filesNothing: boolean
}
