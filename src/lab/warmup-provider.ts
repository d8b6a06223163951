import { startLabProcess } from './process.ts'
import type { WarmupProviderOptions, WarmupProviderPorts } from './warmup-provider-process.ts'
import type { WarmupWitness } from './warmup-witness.ts'

export interface WarmupProvider extends WarmupProviderPorts {
  /** A day of the scene begins, from 1. */
  beginDay(day: number): Promise<void>
  readWitness(): Promise<WarmupWitness>
  stop(): Promise<void>
}

/** Starts the provider as a process of its own, which ends with this one, however that ends. */
export async function startWarmupProvider(options: WarmupProviderOptions): Promise<WarmupProvider> {
  const { ports, stop } = await startLabProcess<WarmupProviderPorts>('warmup-provider-process.ts', options)
  const address = `http://127.0.0.1:${ports.httpPort}`
  return {
    ...ports,
    async beginDay(day) {
      await fetch(`${address}/day?is=${day}`, { method: 'POST' })
    },
    readWitness: async () => (await (await fetch(`${address}/witness`)).json()) as WarmupWitness,
    stop,
  }
}
