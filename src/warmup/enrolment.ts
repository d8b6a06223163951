import { z } from 'zod'
import { AppError } from '../core/errors.ts'
import { isUsualFolder } from '../imap/folders.ts'
import { languages } from './content.ts'

const count = z.number().int().min(1, 'must be at least 1').max(2_000, 'must be at most 2,000')

const enrolment = z
  .strictObject({
    /** Emails on the first day, campaigns and warmup together. */
    start: count.default(3),
    /** More on each day that counts. */
    step: z.number().int().min(0).max(100).default(2),
    /** Most on a day of its warmup. */
    ceiling: count.default(40),
    /** Saturdays and Sundays rest. */
    weekdaysOnly: z.boolean().default(true),
    /** Share by which a day may lie beside the curve. */
    jitter: z.number().min(0).max(0.5, 'must be at most 0.5').default(0.15),
    /** Share of the messages it gets that it answers. */
    replyShare: z.number().min(0).max(1, 'must be at most 1').default(0.3),
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
