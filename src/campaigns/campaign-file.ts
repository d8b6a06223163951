import { LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { seededHash } from '../core/seeded.ts'
import { type CampaignFile, campaignFile, knownKeys } from './campaign-schema.ts'
import type { CampaignConfiguration } from './configuration.ts'
import type { StepDelay } from './delay.ts'
import { didYouMean } from './did-you-mean.ts'
import { checkSteps } from './step-checks.ts'
import { createLineFinder, type LineFinder } from './yaml-lines.ts'

export interface CampaignDefinition {
  name: string
  timezone: string
  lane: 'high' | 'normal' | 'low'
  mailboxes: 'all' | readonly string[]
  /** A 32-bit integer; from the name, if the file has none. */
  seed: number
  /** Emails in one civil day of the campaign's zone. */
  dailyLimit: number | null
  /** First emails in one such day. */
  newLeadsPerDay: number | null
  configuration: CampaignConfiguration
  steps: readonly StepDefinition[]
}

export interface ContentDefinition {
  /** Empty in a follow-up that replies in the thread. */
  subject: string
  html: string | undefined
  text: string | undefined
  /** The name of a stored template, instead of `html` and `text`. */
  template: string | undefined
}

export interface StepDefinition extends ContentDefinition {
  /** As in the file, or `step-2`. */
  id: string
  /** Instead of its own content. */
  variants: readonly (ContentDefinition & { weight: number })[]
  /** Empty in the first step. */
  delay: StepDelay
  quotePrevious: boolean
}

export interface FileProblem {
  line: number
  message: string
}

export type CampaignFileResult =
  | { ok: true; definition: CampaignDefinition }
  | { ok: false; problems: FileProblem[] }

const maxFileLength = 1_000_000

/** Reads a campaign file (YAML); every problem comes with its line, in the order of the file. */
export function parseCampaignFile(source: string): CampaignFileResult {
  if (source.length > maxFileLength) {
    return refuse([{ line: 1, message: `the file is longer than ${maxFileLength} characters` }])
  }
  const counter = new LineCounter()
  const document = parseDocument(source, { lineCounter: counter, prettyErrors: false })
  // What follows the first error is mostly its echo.
  const [broken] = document.errors
  if (broken) return refuse([syntaxProblem(source, counter.linePos(broken.pos[0]).line, broken.message)])
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    return refuse([{ line: 1, message: error instanceof Error ? error.message : String(error) }])
  }
  return validate(value, createLineFinder(document, counter))
}

function syntaxProblem(source: string, line: number, message: string): FileProblem {
  const hasBraces = source.split('\n')[line - 1]?.includes('{')
  const hint = hasBraces ? '; a text with braces stands in quotes, or on the lines below a |' : ''
  return { line, message: `${message}${hint}` }
}

function validate(value: unknown, lines: LineFinder): CampaignFileResult {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse([
      { line: 1, message: 'this is not a campaign: it has no name, mailboxes, window and steps' },
    ])
  }
  const parsed = campaignFile.safeParse(value)
  const problems = [
    ...(parsed.error?.issues ?? []).flatMap((issue) => problemsOf(issue, value, lines)),
    ...checkSteps('steps' in value ? value.steps : undefined).map(({ path, message }) => ({
      line: lines.lineOf(path),
      message,
    })),
  ]
  if (problems.length > 0 || !parsed.success) return refuse(problems)
  return { ok: true, definition: definitionOf(parsed.data) }
}

function problemsOf(issue: z.core.$ZodIssue, value: object, lines: LineFinder): FileProblem[] {
  const { path } = issue
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      line: lines.lineOf([...path, key]),
      message: `unknown key "${key}"${didYouMean(key, knownKeys(path))}`,
    }))
  }
  const key = path[0]
  if (path.length === 1 && typeof key === 'string' && !(key in value)) {
    return [{ line: 1, message: `"${key}" is missing` }]
  }
  const lineInText = issue.code === 'custom' ? issue.params?.line : undefined
  return [{ line: lines.lineOf(path, lineInText), message: issue.message }]
}

function definitionOf(file: CampaignFile): CampaignDefinition {
  const { name, timezone, lane, mailboxes, window, holidays, audience, steps } = file
  return {
    name,
    timezone,
    lane,
    mailboxes: mailboxes === 'all' ? 'all' : [...new Set(mailboxes)],
    dailyLimit: file.limits.daily ?? null,
    newLeadsPerDay: file.limits.new_leads_per_day ?? null,
    seed: file.seed ?? seededHash(0, name) | 0,
    configuration: {
      window,
      holidays,
      audience,
      staleAfter: file.stale_after,
      stopOnReply: file.stop_on_reply,
      stopOnAutoReply: file.stop_on_auto_reply,
      stopForCompany: file.stop_for_company,
      whenMailboxRemoved: file.when_mailbox_removed,
    },
    steps: steps.map((step, at) => ({
      id: step.id ?? `step-${at + 1}`,
      ...contentOf(step),
      variants: step.variants.map((variant) => ({ ...contentOf(variant), weight: variant.weight })),
      delay: step.delay ?? {},
      quotePrevious: step.quote_previous,
    })),
  }
}

const contentOf = ({
  subject,
  html,
  text,
  template,
}: CampaignFile['steps'][number] | CampaignFile['steps'][number]['variants'][number]) => ({
  subject,
  html,
  text,
  template,
})

function refuse(problems: readonly FileProblem[]): CampaignFileResult {
  return { ok: false, problems: problems.toSorted((a, b) => a.line - b.line) }
}
