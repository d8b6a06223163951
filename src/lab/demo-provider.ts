import type { MadeAnswer } from './demo-mailboxes.ts'
import { startLabProcess } from './process.ts'
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

/** Starts the provider; it wants this login from everybody, and ends with this process, however that ends. */
export async function startProviderProcess(options: ProviderProcessOptions): Promise<ProviderProcess> {
  const { ports, stop } = await startLabProcess<ProviderPorts>('smtp-provider-process.ts', options)
  const get = async <T>(path: string): Promise<T> => {
    const response = await fetch(`http://127.0.0.1:${ports.httpPort}${path}`)
    return (await response.json()) as T
  }
  return {
    ...ports,
    readAccount: () => get<Required<ProviderAccount>>('/accepted?list=1'),
    readAnswers: () => get<MadeAnswer[]>('/answers'),
    stop,
  }
}
