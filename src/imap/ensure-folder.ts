import type { ListedFolder } from './folders.ts'
import type { ImapSession } from './imap-session.ts'

/** The path of a folder of this name, at the top or below INBOX, as it is; undefined if the server lists none. */
export function findFolderNamed(listed: readonly ListedFolder[], name: string): string | undefined {
  const places = (delimiter: string) => [name, ...(delimiter ? [`INBOX${delimiter}${name}`] : [])]
  return listed.find(({ path, delimiter, flags }) => {
    const usable = !flags.some((flag) => /^\\(?:noselect|nonexistent)$/i.test(flag))
    return usable && places(delimiter).some((place) => place.toLowerCase() === path.toLowerCase())
  })?.path
}

/** Makes a folder, subscribed, where the server keeps its user's folders; returns its path. */
export async function makeFolder(session: ImapSession, name: string): Promise<string> {
  const made = await session.run(`create the folder "${name}"`, (client) => client.mailboxCreate(name))
  return made.path
}
