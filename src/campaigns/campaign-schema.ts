import { z } from 'zod'
import { normaliseAddress } from '../core/email-address.ts'
import { findTimeZone } from '../core/time-zone.ts'
import type { TemplateKind } from '../templating/engine.ts'
import { checkTemplate } from '../templating/render.ts'
import { parseDelay, type StepDelay } from './delay.ts'
import { parseWeeklyHours } from './weekly-hours.ts'

const lanes = ['high', 'normal', 'low'] as const
const maxNameLength = 200
const maxSteps = 50
/** As many as there are letters to name them. */
const maxVariants = 26
const maxWeight = 1000

const text = (what: string) => z.string(`${what}: text is wanted here (put it in quotes)`)

/** A text whose Liquid and spintax are sound; `params.line` of an issue counts within the text. */
function template(key: string, kind: TemplateKind) {
  return text(key).superRefine((value, ctx) => {
    const problem = checkTemplate(value, kind)
    if (problem) ctx.addIssue({ code: 'custom', message: problem.message, params: { line: problem.line } })
  })
}

const delay = z.unknown().transform((value, ctx): StepDelay => {
  const parsed = parseDelay(typeof value === 'string' ? value : `${value}`)
  if (typeof parsed !== 'string') return parsed
  ctx.addIssue({ code: 'custom', message: parsed })
  return z.NEVER
})

const zone = text('timezone').transform((name, ctx): string => {
  const found = findTimeZone(name)
  if (found) return found
  ctx.addIssue({ code: 'custom', message: `"${name}" is not a time zone; write one like Europe/Berlin` })
  return z.NEVER
})

const address = text('a mailbox').transform((value, ctx): string => {
  const verdict = normaliseAddress(value)
  if (verdict.ok) return verdict.address
  ctx.addIssue({ code: 'custom', message: verdict.reason })
  return z.NEVER
})

const addressList = z
  .array(address, 'mailboxes: write a list of addresses, or all')
  .min(1, 'mailboxes: name at least one address, or write all')

const mailboxes = z.unknown().transform((value, ctx): 'all' | string[] => {
  if (value === 'all') return value
  const parsed = addressList.safeParse(value)
  for (const { path, message } of parsed.error?.issues ?? []) {
    ctx.addIssue({ code: 'custom', path, message })
  }
  return parsed.data ?? z.NEVER
})

const window = z.unknown().transform((value, ctx) => {
  const result = parseWeeklyHours(value)
  if (result.ok) return result.hours
  for (const problem of result.problems) ctx.addIssue({ code: 'custom', ...problem })
  return z.NEVER
})

const yesOrNo = (key: string, fallback: boolean) => z.boolean(`${key} is true or false`).default(fallback)

const content = {
  subject: template('subject', 'text').default(''),
  html: template('html', 'html').optional(),
  text: template('text', 'text').optional(),
  template: text('template').trim().min(1, 'template: the name of a stored template is missing').optional(),
}

const variant = z.strictObject({
  ...content,
  weight: z
    .int32('weight is a whole number')
    .min(1, 'weight must be at least 1; leave the variant out to send it to nobody')
    .max(maxWeight, `weight is at most ${maxWeight}`)
    .default(1),
})

const step = z.strictObject({
  id: text('id')
    .regex(/^[\w-]{1,40}$/, 'an id is up to 40 letters, digits, - and _')
    .optional(),
  ...content,
  variants: z
    .array(variant, 'variants: write a list of contents')
    .min(2, 'variants: one alone is no choice; write it as the content of the step')
    .max(maxVariants, `a step has at most ${maxVariants} variants`)
    .default([]),
  delay: delay.optional(),
  quote_previous: z.boolean('quote_previous is true or false').default(false),
})

const cap = (key: string) =>
  z.int32(`${key} is a whole number`).min(1, `${key} must be at least 1; to send nothing, pause the campaign`)

const limits = z.strictObject({
  daily: cap('daily').optional(),
  new_leads_per_day: cap('new_leads_per_day').optional(),
})

const audience = z.strictObject({ tag: text('tag').trim().min(1, 'the tag is empty') })

/** The file as it is written; what its steps owe each other is checked in `step-checks.ts`. */
export const campaignFile = z.strictObject({
  name: text('name').trim().min(1, 'the name is empty').max(maxNameLength, 'the name is too long'),
  timezone: zone,
  lane: z.enum(lanes, 'lane is high, normal or low').default('normal'),
  mailboxes,
  audience: audience.optional(),
  window,
  holidays: z
    .array(z.iso.date('a holiday is a date like 2026-12-25'), 'holidays: write a list of dates')
    .default([]),
  limits: limits.default({}),
  stale_after: delay.optional(),
  stop_on_reply: yesOrNo('stop_on_reply', true),
  stop_on_auto_reply: yesOrNo('stop_on_auto_reply', false),
  stop_for_company: yesOrNo('stop_for_company', false),
  when_mailbox_removed: z
    .enum(['stop', 'reassign'], 'when_mailbox_removed is stop or reassign')
    .default('stop'),
  seed: z.int32('seed is a whole number').optional(),
  steps: z
    .array(step, 'steps: write a list of steps')
    .min(1, 'a campaign has at least one step')
    .max(maxSteps, `a campaign has at most ${maxSteps} steps`),
})

export type CampaignFile = z.output<typeof campaignFile>

const keysOf = {
  campaign: Object.keys(campaignFile.shape),
  step: Object.keys(step.shape),
  variant: Object.keys(variant.shape),
  audience: Object.keys(audience.shape),
  limits: Object.keys(limits.shape),
}

/** The keys that may stand at a place of the file. */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return keysOf.campaign
  if (path[0] === 'limits') return keysOf.limits
  if (path[0] === 'steps') return path[2] === 'variants' ? keysOf.variant : keysOf.step
  return keysOf.audience
}
