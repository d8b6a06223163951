import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { MadeAnswer } from './demo-mailboxes.ts'
import type { ProviderAccount, ProviderPorts, ProviderProcessOptions } from './smtp-provider-process.ts'

export interface ProviderLogin {
  username: string
  password: string
}

/** A mail provider as a process of its own. */
export interface ProviderProcess extends ProviderPorts {
  readAccount(): Promise<Required<ProviderAccount>>
  /** What it has put into the senders' mailboxes. */
  readAnswers(): Promise<MadeAnswer[]>
  stop(): Promise<void>
}

const file = path.join(import.meta.dirname, 'smtp-provider-process.ts')

/** Starts the provider; it wants this login from everybody, and ends with this process, however that ends. */
export async function startProviderProcess(options: ProviderProcessOptions): Promise<ProviderProcess> {
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
  const ports = JSON.parse(line) as ProviderPorts
  const get = async <T>(path: string): Promise<T> => {
    const response = await fetch(`http://127.0.0.1:${ports.httpPort}${path}`)
    return (await response.json()) as T
  }
  return {
    ...ports,
    readAccount: () => get<Required<ProviderAccount>>('/accepted?list=1'),
    readAnswers: () => get<MadeAnswer[]>('/answers'),
    async stop() {
      child.stdin.end()
      await ended
    },
  }
}
