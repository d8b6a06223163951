import { startLabProcess } from './process.ts'
import type { WarmupProviderOptions, WarmupProviderPorts } from './warmup-provider-process.ts'

export interface WarmupProvider extends WarmupProviderPorts {
  stop(): Promise<void>
}

/** Starts the provider as a process of its own, which ends with this one, however that ends. */
export async function startWarmupProvider(options: WarmupProviderOptions): Promise<WarmupProvider> {
  const { ports, stop } = await startLabProcess<WarmupProviderPorts>('warmup-provider-process.ts', options)
  return { ...ports, stop }
}
