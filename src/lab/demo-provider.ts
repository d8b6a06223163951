import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Behaviours } from './smtp-behaviours.ts'
import type { ProviderAccount } from './smtp-provider-process.ts'

export interface ProviderLogin {
  username: string
  password: string
}

/** A mail provider as a process of its own. */
export interface ProviderProcess {
  port: number
  /** For GET /accepted. */
  httpPort: number
  readAccount(): Promise<Required<ProviderAccount>>
  stop(): Promise<void>
}

const file = path.join(import.meta.dirname, 'smtp-provider-process.ts')

/** Starts the provider; it wants this login from everybody, and ends with this process, however that ends. */
export async function startProviderProcess(options: {
  login?: ProviderLogin
  behaviours?: Behaviours
}): Promise<ProviderProcess> {
  // In a group of its own: Ctrl-C is for the demo to act on, which still needs the provider's account.
  const child = spawn(process.execPath, [file, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  })
  const ended = once(child, 'exit')
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([first]) => first as string),
    ended.then(([code]) => Promise.reject(new Error(`the mail provider ended at once with ${code}`))),
  ])
  const { port, httpPort } = JSON.parse(line) as { port: number; httpPort: number }
  return {
    port,
    httpPort,
    readAccount: async () => {
      const response = await fetch(`http://127.0.0.1:${httpPort}/accepted?list=1`)
      return (await response.json()) as Required<ProviderAccount>
    },
    async stop() {
      child.stdin.end()
      await ended
    },
  }
}
