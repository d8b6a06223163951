import { type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'

export const projectRoot = path.join(import.meta.dirname, '../..')

/** For an `import` in a program: the url of a module of this project, or of a copy of it. */
export function moduleUrl(file: string, root = projectRoot): string {
  return JSON.stringify(pathToFileURL(path.join(root, file)).href)
}

/** Runs an ES module in a process of its own and returns what it printed; rejects with its stderr if it fails. */
export async function runProgram(program: string, options: SpawnOptions = {}): Promise<string> {
  const child = startProgram(program, options)
  const closed = once(child, 'close')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await closed
  if (code !== 0) throw new Error(`the program exited with ${code}: ${stderr}`)
  return stdout
}

/** Starts an ES module in a process of its own. */
export function startProgram(program: string, options: SpawnOptions = {}) {
  const { NODE_OPTIONS: _, ...env } = process.env
  return spawn(process.execPath, ['--input-type=module', '--eval', program], {
    env,
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
