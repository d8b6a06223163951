import { z } from 'zod'
import { AppError } from '../core/errors.ts'
import type { Range } from '../core/range.ts'

export const allowanceRange: Range = { least: 1, most: 1_000_000_000 }
export const eventDaysRange: Range = { least: 7, most: 3_650 }

const within = ({ least, most }: Range) => z.number().int().min(least).max(most).nullable().optional()
const allowance = within(allowanceRange)

const plan = z.strictObject({
  /** Emails a month. What the plan allows is reported against, not enforced. */
  planEmails: allowance,
  /** Mailboxes that send in a month. */
  planMailboxes: allowance,
  /** Contacts reached in a month. */
  planContacts: allowance,
  /** Days after which its events are deleted, where the installation keeps them longer. */
  eventDays: within(eventDaysRange),
})

/** Null lifts a limit; what is left out stays. */
export type PlanChange = z.output<typeof plan>

/** Throws `invalid_input` that names every bad value. */
export function definePlan(input: PlanChange): PlanChange {
  const result = plan.safeParse(input)
  if (result.success) return result.data
  const details = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new AppError('invalid_input', 'This is not a valid plan.', { details })
}
