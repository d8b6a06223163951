import { z } from 'zod'
import { stepDelay } from './delay.ts'
import { nextOpen, parseRange, type SendingWindow, sendingWindow } from './window.ts'

const hours = z
  .array(z.string().refine((range) => typeof parseRange(range) !== 'string', 'not a range of hours'))
  .optional()

const weeklyHours = z.strictObject({
  mon: hours,
  tue: hours,
  wed: hours,
  thu: hours,
  fri: hours,
  sat: hours,
  sun: hours,
})

/** The jsonb of `campaigns.configuration`: what the planner reads back. */
export const campaignConfiguration = z.strictObject({
  window: weeklyHours,
  /** YYYY-MM-DD, each in the zone of the lead. */
  holidays: z.array(z.iso.date()),
  /** Without it every lead of the tenant. */
  audience: z.strictObject({ tag: z.string().min(1) }).optional(),
  /** An email that could not leave for this long after its time is skipped. */
  staleAfter: stepDelay.optional(),
  /** A person's reply ends the lead's sequence. */
  stopOnReply: z.boolean().default(true),
  /** So does an automatic one. */
  stopOnAutoReply: z.boolean().default(false),
  /** A person's reply ends the sequences of the other leads at the same company's domain too. */
  stopForCompany: z.boolean().default(false),
  /** Follow-ups of a mailbox that is removed: nobody writes to its leads again, or another mailbox does. */
  whenMailboxRemoved: z.enum(['stop', 'reassign']).default('stop'),
})
export type CampaignConfiguration = z.infer<typeof campaignConfiguration>

/** Make one for each run and pass it around: it remembers the days it has looked at. */
export function windowOf(configuration: CampaignConfiguration): SendingWindow {
  return sendingWindow(configuration.window, configuration.holidays)
}

/** Why nothing could ever be sent from `now` on, in words; undefined if the window opens within a year. */
export function closedReason(
  configuration: CampaignConfiguration,
  zone: string,
  now: Date,
): string | undefined {
  if (nextOpen(windowOf(configuration), zone, now)) return undefined
  return 'its window does not open within a year: the holidays take every day that it has'
}
