import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { WarmupProviderOptions, WarmupProviderPorts } from './warmup-provider-process.ts'

export interface WarmupProvider extends WarmupProviderPorts {
  stop(): Promise<void>
}

const file = path.join(import.meta.dirname, 'warmup-provider-process.ts')

/** Starts the provider as a process of its own, which ends with this one, however that ends. */
export async function startWarmupProvider(options: WarmupProviderOptions): Promise<WarmupProvider> {
  const child = spawn(process.execPath, [file, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  })
  const ended = once(child, 'exit')
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([first]) => first as string),
    ended.then(([code]) => Promise.reject(new Error(`the mail provider ended at once with ${code}`))),
  ])
  const ports = JSON.parse(line) as WarmupProviderPorts
  return {
    ...ports,
    async stop() {
      child.stdin.end()
      await ended
    },
  }
}
