import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'

/** The lab's IMAP farm in a process of its own, with so many messages in each mailbox, of warmup if `warmup` is given. */
export async function startFarm(
  mailboxes: number,
  messages: number,
  kind: 'letters' | 'warmup' = 'letters',
): Promise<{ port: number; stop(): void }> {
  const file = path.join(import.meta.dirname, 'imap-farm-process.ts')
  const child = spawn(process.execPath, [file, `${mailboxes}`, `${messages}`, kind], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const { port } = JSON.parse(line) as { port: number }
  return { port, stop: () => child.kill() }
}
