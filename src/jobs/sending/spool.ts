import { promises as fs } from 'node:fs'
import path from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { newId } from '../../core/ids.ts'
import type { Db } from '../../db/connect.ts'
import type { SettlementInput } from '../../sending/settle-store.ts'
import { type OnRefused, settleApart } from './settle-apart.ts'

/** A settlement with the moment its outcome was known instead of its age. */
export type Outcome = Omit<SettlementInput, 'agoMs'> & { monotonicMs: number }

/** Keeps outcomes that the database could not take in a file of their own, for the next start. */
export async function spoolOutcomes(
  directory: string,
  clock: Clock,
  outcomes: readonly Outcome[],
): Promise<void> {
  const offset = clock.now().getTime() - clock.monotonicMs()
  const lines = outcomes.map((outcome) =>
    JSON.stringify({ ...outcome, wallMs: offset + outcome.monotonicMs }),
  )
  await fs.mkdir(directory, { recursive: true, mode: 0o700 })
  const file = path.join(directory, `settlements-${newId()}.jsonl`)
  await fs.writeFile(`${file}.part`, `${lines.join('\n')}\n`, { mode: 0o600, flush: true })
  await fs.rename(`${file}.part`, file)
}

/**
 * Settles what earlier processes of this machine could not; returns how many. A file is removed once committed.
 * Several processes may start at once: settled twice, an outcome changes nothing.
 */
export async function replaySpool(
  db: Db,
  directory: string,
  now: () => Date,
  onRefused: OnRefused,
): Promise<number> {
  const names = (await unlessMissing(fs.readdir(directory))) ?? []
  let settled = 0
  for (const name of names.filter((file) => file.endsWith('.jsonl'))) {
    const file = path.join(directory, name)
    const text = await unlessMissing(fs.readFile(file, 'utf8'))
    if (text === undefined) continue
    const lines = text.split('\n').filter((line) => line !== '')
    const outcomes = lines.map((line) => JSON.parse(line) as SettlementInput & { wallMs: number })
    await settleApart(
      db,
      outcomes,
      (outcome) => ({ ...outcome, agoMs: now().getTime() - outcome.wallMs }),
      onRefused,
    )
    await fs.rm(file, { force: true })
    settled += outcomes.length
  }
  return settled
}

async function unlessMissing<T>(read: Promise<T>): Promise<T | undefined> {
  return read.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}
