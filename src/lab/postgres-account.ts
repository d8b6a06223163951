import { execFile } from 'node:child_process'
import { promises as fs } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { AppError } from '../core/errors.ts'

const run = promisify(execFile)

/** The unprivileged account that root hands the server to, since PostgreSQL refuses to run as root. */
export interface Account {
  name: string
  uid: number
  gid: number
}

/** Variables of the caller (PGPORT, PGDATA, LANG) must not reach the server. */
export const serverEnvironment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/',
  LC_ALL: 'C',
  TZ: 'UTC',
}

/** Undefined unless this process is root: then the server runs as this process does. Existing data keep their owner. */
export async function findServerAccount(data?: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const owner = data && (await fs.stat(data).catch(() => undefined))
  if (owner && owner.uid !== 0) return { name: 'owner of the data', uid: owner.uid, gid: owner.gid }
  const lines = (await fs.readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n')
  const accounts = lines.map(parseAccount).filter((account) => account.uid > 0)
  const account = ['postgres', 'nobody']
    .map((name) => accounts.find((one) => one.name === name))
    .find(Boolean)
  if (account) return account
  throw new AppError(
    'unsupported',
    'The embedded PostgreSQL does not run as root, and /etc/passwd has neither an account "postgres" nor "nobody". ' +
      'Run as an ordinary user, add such an account, or set DATABASE_URL.',
  )
}

function parseAccount(line: string): Account {
  const [name = '', , uid, gid] = line.split(':')
  return { name, uid: Number(uid), gid: Number(gid) }
}

/** Runs a program to its end as the server's account; rejects with `stderr` if it fails. */
export function runAs(account: Account | undefined, file: string, args: readonly string[]) {
  const identity = account && { uid: account.uid, gid: account.gid }
  return run(file, args, { ...identity, cwd: '/', env: serverEnvironment })
}

/** Whether the account can reach the directory through all its parents. */
export async function canEnter(account: Account | undefined, directory: string): Promise<boolean> {
  if (!account) return true
  try {
    await runAs(account, '/bin/sh', ['-c', 'test -x "$1"', 'sh', directory])
    return true
  } catch (error) {
    if (typeof (error as { code: unknown }).code === 'number') return false
    throw new AppError(
      'unsupported',
      `Root may not run a program as ${account.name} (uid ${account.uid}) here: ${(error as Error).message}. ` +
        'Run as an ordinary user, or set DATABASE_URL.',
      { cause: error },
    )
  }
}

/** Hands a file, or a directory with all it holds, to the account. */
export async function giveTo(account: Account | undefined, target: string): Promise<void> {
  if (!account) return
  const isDirectory = (await fs.lstat(target)).isDirectory()
  const inside = isDirectory ? await fs.readdir(target, { recursive: true }) : []
  for (const entry of ['', ...inside]) await fs.lchown(path.join(target, entry), account.uid, account.gid)
}
