import { z } from 'zod'
import { AppError } from '../core/errors.ts'
import type { Range } from '../core/range.ts'
import { isUsualFolder } from '../imap/folders.ts'
import { languages } from './content.ts'

/** By the names of the settings. */
export const enrolmentRanges = {
  start: { least: 1, most: 2_000 },
  step: { least: 0, most: 100 },
  ceiling: { least: 1, most: 2_000 },
  jitter: { least: 0, most: 0.5 },
  replyShare: { least: 0, most: 1 },
} as const satisfies Record<string, Range>

const within = ({ least, most }: Range) =>
  z.number().min(least, `must be at least ${least}`).max(most, `must be at most ${most}`)

const enrolment = z
  .strictObject({
    /** Emails on the first day, campaigns and warmup together. */
    start: within(enrolmentRanges.start).int().default(3),
    /** More on each day that counts. */
    step: within(enrolmentRanges.step).int().default(2),
    /** Most on a day of its warmup. */
    ceiling: within(enrolmentRanges.ceiling).int().default(40),
    /** Saturdays and Sundays rest. */
    weekdaysOnly: z.boolean().default(true),
    /** Share by which a day may lie beside the curve. */
    jitter: within(enrolmentRanges.jitter).default(0.15),
    /** Share of the messages it gets that it answers. */
    replyShare: within(enrolmentRanges.replyShare).default(0.3),
    language: z.enum(languages).default('en'),
    /** Where messages end that it is done with. */
    folder: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .refine((name) => !isUsualFolder(name), {
        error: ({ input }) =>
          `"${input}" is the name of a folder that mailboxes have for something else: choose another, such as Warmup`,
      })
      .default('Warmup'),
  })
  .refine(({ start, ceiling }) => start <= ceiling, {
    path: ['start'],
    message: 'must not be above the ceiling',
  })

export type Enrolment = z.output<typeof enrolment>

/** Throws `invalid_input` that names every bad value. */
export function defineEnrolment(input: unknown): Enrolment {
  const result = enrolment.safeParse(input)
  if (result.success) return result.data
  const details = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new AppError('invalid_input', 'The mailbox cannot be warmed up like this.', { details })
}
