import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Accepted, ReceiverPorts, ReceiverState, Trouble } from './receiver-process.ts'

/** The receiving side, which survives everything that is done to the fleet. */
export interface Receiver extends ReceiverPorts {
  listAccepted(): Promise<Accepted[]>
  readState(): Promise<ReceiverState>
  /** Makes IMAP mailboxes of these names. */
  addMailboxes(addresses: readonly string[]): Promise<void>
  trouble(trouble: Trouble): Promise<void>
  stop(): Promise<void>
}

export async function startReceiver(servers: number): Promise<Receiver> {
  const child = spawn(
    process.execPath,
    [path.join(import.meta.dirname, 'receiver-process.ts'), String(servers)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const ended = once(child, 'exit')
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const ports = JSON.parse(line) as ReceiverPorts
  const ask = async <T>(where: string, body?: unknown): Promise<T> => {
    const url = `http://127.0.0.1:${ports.httpPort}${where}`
    const request = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    return (await (await fetch(url, request)).json()) as T
  }
  return {
    ...ports,
    listAccepted: () => ask<Accepted[]>('/accepted'),
    readState: () => ask<ReceiverState>('/state'),
    async addMailboxes(addresses) {
      await ask('/mailboxes', addresses)
    },
    async trouble(trouble) {
      await ask('/trouble', trouble)
    },
    async stop() {
      child.stdin.end()
      await ended
    },
  }
}
