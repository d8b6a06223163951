import { createHash } from 'node:crypto'
import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { stopServer } from './postgres-server.ts'

// Unlike /var/tmp, nobody else can write here and nothing sweeps it.
const shelter = '/var/lib/rookery'

/**
 * A home for the server of a directory that the server's account cannot enter (below /root). What an earlier
 * directory of this path left there is stopped and set aside, not deleted: that path may be a disk that is not mounted.
 */
export async function makeShelter(directory: string): Promise<string> {
  await fs.mkdir(shelter, { recursive: true, mode: 0o711 })
  await clearAbandoned()
  const home = shelterOf(directory)
  if (await exists(home)) await setAside(home)
  await fs.mkdir(home, { mode: 0o711 })
  await fs.writeFile(path.join(home, 'directory'), directory)
  return home
}

export function shelterOf(directory: string): string {
  const digest = createHash('sha256').update(directory).digest('hex').slice(0, 12)
  return path.join(shelter, `postgres-${digest}`)
}

async function setAside(home: string): Promise<void> {
  await stopAbandoned(home)
  if (await exists(path.join(home, 'data'))) await fs.rename(home, `${home}-set-aside-${Date.now()}`)
  else await fs.rm(home, { recursive: true, force: true })
}

/** Stops the servers whose directory has been removed; if that was a temporary one, removes them as well. */
async function clearAbandoned(): Promise<void> {
  for (const name of await fs.readdir(shelter)) {
    const home = path.join(shelter, name)
    const directory = await fs.readFile(path.join(home, 'directory'), 'utf8').catch(() => undefined)
    if (!directory || (await exists(directory))) continue
    await stopAbandoned(home)
    if (isTemporary(directory)) await fs.rm(home, { recursive: true, force: true })
  }
}

function isTemporary(directory: string): boolean {
  return [os.tmpdir(), '/tmp'].some((parent) => directory.startsWith(`${parent}${path.sep}`))
}

async function stopAbandoned(home: string): Promise<void> {
  await stopServer({ home, password: '', account: undefined })
}

function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  )
}
