import { folderNames } from './folder-names.ts'
import { otherNames } from './other-folder-names.ts'

export interface ListedFolder {
  path: string
  /** Empty where the server's folders are flat. */
  delimiter: string
  flags: readonly string[]
}

/** Paths; INBOX is there by RFC 3501, the others if the server says so or a usual name is found. */
export interface Folders {
  inbox: string
  junk?: string
  sent?: string
  all?: string
}

type Role = 'junk' | 'sent' | 'all'

/** SPECIAL-USE (RFC 6154) decides; else the usual names, the highest folder first. */
export function chooseFolders(listed: readonly ListedFolder[]): Folders {
  const usable = listed.filter(
    ({ flags }) => !flags.some((flag) => /^\\(?:noselect|nonexistent)$/i.test(flag)),
  )
  const inbox = usable.find(({ path }) => path.toUpperCase() === 'INBOX')?.path ?? 'INBOX'
  const others = usable.filter(({ path }) => path !== inbox)
  const folders: Folders = { inbox }
  for (const role of ['junk', 'sent', 'all'] as const) {
    const folder =
      others.find(({ flags }) => flags.some((flag) => roleFlags[role].test(flag))) ?? byName(others, role)
    if (folder) folders[role] = folder.path
  }
  return folders
}

// The second of each is Gmail's older XLIST.
const roleFlags: Record<Role, RegExp> = {
  junk: /^\\(?:junk|spam)$/i,
  sent: /^\\sent$/i,
  all: /^\\(?:all|allmail)$/i,
}

const keys = new Map(
  Object.entries(folderNames).map(([role, names]) => [
    role,
    new Map(names.map((name, rank) => [nameKey(name), rank])),
  ]),
)

/** Whether a path is INBOX, or bears a usual name of Junk, Sent, All, Drafts or Trash at its top, such as `[Gmail]/Spam`. */
export function isUsualFolder(path: string): boolean {
  const name = nameKey(path.replace(/^(?:inbox|\[(?:gmail|google mail)\])[./]/i, ''))
  return usualKeys.has(name)
}

const usualKeys = new Set(
  ['INBOX', ...Object.values({ ...folderNames, ...otherNames }).flat()].map((name) => nameKey(name)),
)

function byName(folders: readonly ListedFolder[], role: Role): ListedFolder | undefined {
  const ranks = keys.get(role)
  const candidates = folders.flatMap((folder) => {
    const { depth, name } = place(folder)
    const rank = ranks?.get(nameKey(name))
    return rank === undefined || depth > 0 ? [] : [{ folder, rank }]
  })
  return candidates.sort((a, b) => a.rank - b.rank)[0]?.folder
}

/** Depth 0 is the top, or just below INBOX (Courier) or a provider's own root (Gmail): elsewhere a name is the user's. */
function place({ path, delimiter }: ListedFolder): { depth: number; name: string } {
  const parts = delimiter === '' ? [path] : path.split(delimiter)
  const rooted = parts.length > 1 && /^(?:inbox|\[(?:gmail|google mail)\])$/i.test(parts[0] ?? '')
  return { depth: parts.length - (rooted ? 2 : 1), name: parts.at(-1) ?? '' }
}

function nameKey(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ı', 'i')
    .replace(/[\s_-]+/g, ' ')
    .trim()
}
