import { z } from 'zod'
import { AppError } from '../core/errors.ts'
import type { Range } from '../core/range.ts'

export const tenantLimitRange = {
  least: 1,
  most: 100_000_000,
  hint: 'to send nothing, pause the mailboxes or the campaigns',
} as const satisfies Range

const cap = z
  .number()
  .int()
  .min(tenantLimitRange.least, `must be at least ${tenantLimitRange.least}; ${tenantLimitRange.hint}`)
  .max(tenantLimitRange.most)
  .nullable()
  .optional()

const tenantLimits = z.strictObject({
  /** Emails of all its mailboxes in one civil day of its zone. */
  dailyLimit: cap,
  /** Emails to one domain in any minute. */
  domainPerMinute: cap,
  /** Emails to one provider (Google, Microsoft, …) in any minute. */
  providerPerMinute: cap,
})

/** Null lifts a limit; what is left out stays. */
export type TenantLimitChange = z.output<typeof tenantLimits>

/** Throws `invalid_input` that names every bad limit. */
export function defineTenantLimits(input: TenantLimitChange): TenantLimitChange {
  const result = tenantLimits.safeParse(input)
  if (result.success) return result.data
  const details = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new AppError('invalid_input', 'These are not valid limits of a tenant.', { details })
}
