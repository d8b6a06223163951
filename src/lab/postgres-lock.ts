import { promises as fs } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { processIdentity } from './postgres-process.ts'

const patienceMs = 120_000
const lockName = /^lock\.(?<ticket>[0-9a-f-]{36})\.(?<pid>\d+)\.(?<identity>[0-9a-f]+)$/

/**
 * Runs `work` while no other process does so in this directory. Every contender has a file of its own, which
 * names its process, and looks for others only after making it: so two can never both see themselves alone,
 * and a file whose process has gone counts for nothing and can be removed by anyone.
 */
export async function withLock<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const own = `lock.${newId()}.${process.pid}.${await processIdentity(process.pid)}`
  const file = path.join(directory, own)
  try {
    await takeTurn(directory, own)
    return await work()
  } finally {
    await fs.rm(file, { force: true })
  }
}

async function takeTurn(directory: string, own: string): Promise<void> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    await fs.writeFile(path.join(directory, own), '', { mode: 0o600 })
    const rivals = await listRivals(directory, own)
    const [first] = rivals.sort()
    if (!first) return
    if (Date.now() > deadline) throw heldTooLong(path.join(directory, first))
    // The oldest ticket stays in the queue; the others step back so that it finds itself alone.
    if (first < own) await fs.rm(path.join(directory, own), { force: true })
    await delay(20 + Math.random() * 40)
  }
}

async function listRivals(directory: string, own: string): Promise<string[]> {
  const names = (await fs.readdir(directory)).filter((name) => lockName.test(name) && name !== own)
  const alive = await Promise.all(names.map((name) => removeIfAbandoned(directory, name)))
  return names.filter((_name, index) => alive[index])
}

async function removeIfAbandoned(directory: string, name: string): Promise<boolean> {
  const { pid, identity } = lockName.exec(name)?.groups ?? {}
  if ((await processIdentity(Number(pid))) === identity) return true
  await fs.rm(path.join(directory, name), { force: true })
  return false
}

function heldTooLong(file: string): AppError {
  const pid = lockName.exec(path.basename(file))?.groups?.pid
  return new AppError(
    'conflict',
    `Process ${pid} has held ${file} for ${patienceMs / 1000} seconds. See what it does; end it if it hangs, then try again.`,
  )
}
