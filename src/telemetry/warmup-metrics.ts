import { Counter, type Registry } from 'prom-client'

export function warmupMetrics(registry: Registry) {
  const registers = [registry]
  return {
    /** `outcome`: done, postponed, or the kind of IMAP failure. */
    warmupRounds: new Counter({
      name: 'rookery_warmup_rounds_total',
      help: 'Sessions of warmup with the servers of mailboxes.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    /** `type`: received, rescued, read, flagged, replied, filed. */
    warmupInteractions: new Counter({
      name: 'rookery_warmup_interactions_total',
      help: 'What was done with warmup messages, each thing once.',
      labelNames: ['type'] as const,
      registers,
    }),
  }
}
