import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { promises as fs } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Tells a process from a later one with the same number; undefined when it does not run (a zombie does not). */
export async function processIdentity(pid: number): Promise<string | undefined> {
  const start = process.platform === 'linux' ? await linuxStart(pid) : await psField(pid, 'lstart')
  return start && createHash('sha256').update(start).digest('hex').slice(0, 16)
}

/** The arguments of a running process, for recognising it; undefined when it does not run. */
export async function processArguments(pid: number): Promise<string[] | undefined> {
  if (process.platform !== 'linux') return (await psField(pid, 'command'))?.split(' ')
  const line = await readProc(`/proc/${pid}/cmdline`)
  return line ? line.split('\0') : undefined
}

// Ticks since boot name a process only within one boot.
async function linuxStart(pid: number): Promise<string | undefined> {
  const stat = await readProc(`/proc/${pid}/stat`)
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const startTicks = rest[18]
  if (!startTicks || state === 'Z' || state === 'X') return undefined
  return `${await readProc('/proc/sys/kernel/random/boot_id')}${startTicks}`
}

// A process that ended while being read is a process that does not run.
function readProc(file: string): Promise<string> {
  return fs.readFile(file, 'utf8').catch(() => '')
}

async function psField(pid: number, field: string): Promise<string | undefined> {
  const printed = await run('ps', ['-o', `${field}=`, '-p', String(pid)]).catch(() => undefined)
  return printed?.stdout.trim() || undefined
}
