import { z } from 'zod'

/** When a mailbox or a campaign pauses by itself, and for how long at least. */
export interface GuardRules {
  /** Shares of what was sent: above them it pauses. Infinity: never. */
  bounceRate: number
  complaintRate: number
  /** How far back is counted. */
  days: number
  /** Below so many sent nothing is decided. */
  floor: number
  minPauseHours: number
}

const rate = z.union([z.number().gt(0).max(1), z.literal('never').transform(() => Number.POSITIVE_INFINITY)])

/** `tenants.settings.guardrails`: what differs from the installation's rules. */
const settings = z.strictObject({
  bounceRate: rate.optional(),
  complaintRate: rate.optional(),
  days: z.int().min(1).max(90).optional(),
  floor: z.int().min(1).max(1_000_000).optional(),
  minPauseHours: z.number().min(0).max(720).optional(),
})

/** The tenant's rules; settings that are not valid are as none, and `problem` says so. */
export function guardRules(
  tenantSettings: unknown,
  defaults: GuardRules,
): { rules: GuardRules; problem: string | undefined } {
  const own = (tenantSettings as { guardrails?: unknown } | null)?.guardrails ?? {}
  const read = settings.safeParse(own)
  if (!read.success) return { rules: defaults, problem: z.prettifyError(read.error) }
  const { bounceRate, complaintRate, days, floor, minPauseHours } = read.data
  return {
    rules: {
      bounceRate: bounceRate ?? defaults.bounceRate,
      complaintRate: complaintRate ?? defaults.complaintRate,
      days: days ?? defaults.days,
      floor: floor ?? defaults.floor,
      minPauseHours: minPauseHours ?? defaults.minPauseHours,
    },
    problem: undefined,
  }
}
