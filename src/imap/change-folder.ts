import { AppError } from '../core/errors.ts'
import type { ImapSession } from './imap-session.ts'
import { uidRanges } from './uid-ranges.ts'

const changedAtOnce = 500

/** Files a message; the UID is known where the server tells (UIDPLUS). */
export async function appendMessage(
  session: ImapSession,
  path: string,
  raw: Buffer,
  options: { flags?: readonly string[]; internalDate?: Date } = {},
): Promise<{ uid: number | undefined; uidValidity: number | undefined }> {
  const { flags = [], internalDate } = options
  const asked = `file a message in "${path}"`
  const filed = await session.run(asked, (client) => client.append(path, raw, [...flags], internalDate))
  return {
    uid: filed.uid,
    uidValidity: filed.uidValidity === undefined ? undefined : Number(filed.uidValidity),
  }
}

/**
 * Moves messages by MOVE (RFC 6851), else by COPY, \Deleted and UID EXPUNGE (RFC 4315). Throws AppError `unsupported` on a
 * server with neither: a plain EXPUNGE would remove what others have marked.
 */
export async function moveMessages(
  session: ImapSession,
  path: string,
  uids: readonly number[],
  destination: string,
): Promise<void> {
  if (!session.offers('MOVE') && !session.offers('UIDPLUS')) {
    const words = `the server offers neither MOVE nor UIDPLUS: no single message can be moved from "${path}" to "${destination}"`
    throw new AppError('unsupported', words)
  }
  await session.open(path, 'write')
  for (const set of uidRanges(ascending(uids), changedAtOnce)) {
    const asked = `move messages ${set} from "${path}" to "${destination}"`
    // imapflow itself falls back to COPY, and leaves the source as it is when that fails.
    await session.run(asked, (client) => client.messageMove(set, destination, { uid: true }))
  }
}

/**
 * Removes messages by \Deleted and UID EXPUNGE (RFC 4315). Where the server has no UIDPLUS they are only marked: a plain
 * EXPUNGE would remove what others have marked.
 */
export async function removeMessages(
  session: ImapSession,
  path: string,
  uids: readonly number[],
): Promise<void> {
  if (!session.offers('UIDPLUS')) return setFlags(session, path, uids, { add: ['\\Deleted'] })
  await session.open(path, 'write')
  for (const set of uidRanges(ascending(uids), changedAtOnce))
    await session.run(`remove messages ${set} from "${path}"`, (client) =>
      client.messageDelete(set, { uid: true }),
    )
}

/** Adds, then removes flags such as `\Seen`. A flag that the folder does not keep is an error. */
export async function setFlags(
  session: ImapSession,
  path: string,
  uids: readonly number[],
  change: { add?: readonly string[]; remove?: readonly string[] },
): Promise<void> {
  const { add = [], remove = [] } = change
  await session.open(path, 'write')
  for (const set of uidRanges(ascending(uids), changedAtOnce)) {
    const asked = (verb: string, flag: string) => `${verb} ${flag} on messages ${set} of "${path}"`
    // One by one: of several, imapflow would quietly leave out those that the folder does not keep.
    for (const flag of add)
      await session.run(asked('set', flag), (client) => client.messageFlagsAdd(set, [flag], { uid: true }))
    for (const flag of remove)
      await session.run(asked('clear', flag), (client) =>
        client.messageFlagsRemove(set, [flag], { uid: true }),
      )
  }
}

/** Makes a folder, subscribed; false if it was there already. */
export async function createFolder(session: ImapSession, path: string): Promise<boolean> {
  const known = await session.list()
  if (known.some((folder) => folder.path === path)) return false
  const folder = await session.run(`create the folder "${path}"`, (client) => client.mailboxCreate(path))
  return folder.created !== false
}

function ascending(uids: readonly number[]): number[] {
  return [...new Set(uids)].sort((a, b) => a - b)
}
