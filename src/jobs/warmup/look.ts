import { storable } from '../../db/json.ts'
import { ImapError } from '../../imap/errors.ts'
import { type ListedHeaders, listHeaders } from '../../imap/list-headers.ts'
import { decodeWords } from '../../mime/encoded-words.ts'
import { automaticFields, mayAnswer } from '../../warmup/may-answer.ts'
import type { FoundMessage } from '../../warmup/round.ts'
import type { RoundRun } from './run.ts'

export interface Look {
  messages: FoundMessage[]
  /** Every folder was read to its end: what is not among the messages is not there. */
  complete: boolean
}

const dayMs = 86_400_000
const tokenField = 'x-rookery-warmup'
const fields = [tokenField, 'from', 'subject', 'references', ...automaticFields]

/** Finds the messages of open exchanges by their tokens, in Junk, INBOX and, if one is missing there, where they end. */
export async function lookForMessages(run: RoundRun): Promise<Look> {
  const look: Look = { messages: [], complete: true }
  const { junk, inbox, filed } = run.folders
  if (junk) await readIfOpen(run, look, 'junk', junk)
  // A server that shows no Junk folder this time has not lost what was found there.
  else if (run.exchanges.some(isInJunk)) look.complete = false
  await readFolder(run, look, 'inbox', inbox)
  const seen = new Set(look.messages.map(({ token }) => token))
  const isMissing = run.exchanges.some(({ foundAt, token }) => foundAt && !seen.has(token))
  // Where a move is a copy first, one that was cut off has left the message in both folders.
  const mayBeTwice = !run.session.offers('MOVE') && run.exchanges.some(({ foundAt }) => foundAt)
  if (filed && (isMissing || mayBeTwice)) await readIfOpen(run, look, 'filed', filed)
  return look
}

const isInJunk = ({ placement, done }: RoundRun['exchanges'][number]): boolean =>
  placement === 'junk' && !done.includes('rescued')

/** A folder that is closed to us must not keep what lies in INBOX from being done. */
async function readIfOpen(run: RoundRun, look: Look, folder: 'junk' | 'filed', path: string): Promise<void> {
  try {
    await readFolder(run, look, folder, path)
  } catch (error) {
    if (!(error instanceof ImapError) || error.kind !== 'protocol') throw error
    run.problems.push(error.message)
    look.complete = false
  }
}

async function readFolder(
  run: RoundRun,
  look: Look,
  folder: FoundMessage['folder'],
  path: string,
): Promise<void> {
  const { session, exchanges, now } = run
  const wanted = new Set(exchanges.map(({ token }) => token))
  const unreadable = session.unreadableLines
  const onUnread = () => {
    look.complete = false
  }
  const first = Math.min(...exchanges.map(({ plannedAt }) => plannedAt.getTime()))
  const range = { since: new Date(first - dayMs), before: new Date(now.getTime() + dayMs), fields, onUnread }
  for await (const headers of listHeaders(session, path, range)) {
    const token = tokenOf(headers, wanted)
    if (token !== undefined) look.messages.push(toMessage(headers, token, folder, now))
  }
  if (session.unreadableLines > unreadable) look.complete = false
}

/**
 * Providers take fields away, and some replace the Message-ID: one of the two is enough. A token that this mailbox does not
 * expect says nothing.
 */
function tokenOf({ field, messageId = '' }: ListedHeaders, wanted: ReadonlySet<string>): string | undefined {
  const named = [field(tokenField), messageId.slice(1).split('@')[0]]
  return named.find((token) => token !== undefined && wanted.has(token))
}

function toMessage(
  { uid, internalDate, flags, messageId, field }: ListedHeaders,
  token: string,
  folder: FoundMessage['folder'],
  now: Date,
): FoundMessage {
  const from = field('from') ?? ''
  return {
    token,
    folder,
    uid,
    internalDate: internalDate ?? now,
    flags,
    from: (/<([^<>]*)>[^<>]*$/.exec(from)?.[1] ?? from).trim().toLowerCase(),
    messageId,
    references: (field('references') ?? '').match(/<[^\s<>]+>/g)?.slice(-20) ?? [],
    // Encoded words may hold line breaks and NUL; an answer's subject is made from it.
    subject: storable(
      decodeWords(field('subject') ?? '')
        .replace(/\p{Cc}+/gu, ' ')
        .trim(),
    ),
    mayAnswer: mayAnswer(field),
  }
}
