import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { text } from 'node:stream/consumers'

export interface CommandResult {
  code: number | null
  stdout: string
  stderr: string
}

const main = path.join(import.meta.dirname, '../../src/cli/main.ts')

/** Runs the command line as its users do: a process of its own, with this environment and nothing else. */
export async function rookery(
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string; input?: string } = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: options.cwd ?? import.meta.dirname,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...options.env },
  })
  child.stdin.end(options.input ?? '')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, stdout, stderr }
}
