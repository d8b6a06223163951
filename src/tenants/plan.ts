import { z } from 'zod'
import { AppError } from '../core/errors.ts'

const allowance = z.number().int().min(1).max(1_000_000_000).nullable().optional()

const plan = z.strictObject({
  /** Emails a month. What the plan allows is reported against, not enforced. */
  planEmails: allowance,
  /** Mailboxes that send in a month. */
  planMailboxes: allowance,
  /** Contacts reached in a month. */
  planContacts: allowance,
  /** Days after which its events are deleted, where the installation keeps them longer. */
  eventDays: z.number().int().min(7, 'must be at least 7').max(3650).nullable().optional(),
})

/** Null lifts a limit; what is left out stays. */
export type PlanChange = z.output<typeof plan>

/** Throws `invalid_input` that names every bad value. */
export function definePlan(input: unknown): PlanChange {
  const result = plan.safeParse(input)
  if (result.success) return result.data
  const details = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new AppError('invalid_input', 'This is not a valid plan.', { details })
}
