import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'

export interface LabProcess<Ports> {
  /** What it printed when it listened. */
  ports: Ports
  stop(): Promise<void>
}

/** Starts a file of the lab with its options as JSON; it ends with this process, however that ends. Throws when it ends before it listens. */
export async function startLabProcess<Ports>(file: string, options: object): Promise<LabProcess<Ports>> {
  // In a group of its own: Ctrl-C is for whoever started it to act on, who still needs it.
  const child = spawn(process.execPath, [path.join(import.meta.dirname, file), JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  })
  const ended = once(child, 'exit')
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([first]) => first as string),
    ended.then(([code]) => Promise.reject(new Error(`the mail provider ended at once with ${code}`))),
  ])
  return {
    ports: JSON.parse(line) as Ports,
    async stop() {
      child.stdin.end()
      await ended
    },
  }
}
