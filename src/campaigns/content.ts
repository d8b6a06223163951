import { civilDate } from '../core/civil-time.ts'
import { AppError } from '../core/errors.ts'
import { seededHash } from '../core/seeded.ts'
import { htmlToText } from '../templating/html-to-text.ts'
import { render } from '../templating/render.ts'
import { leadZone } from './lead-zone.ts'
import { type LeadFields, leadVariables, type Sender, senderVariables } from './variables.ts'

/** The templates of one step; `html`, `text` or both. */
export interface StepContent {
  /** Tells steps with the same texts apart, so that spintax chooses anew in each. */
  id: string
  /** Empty in a follow-up: `Re: ` and the subject of the thread. */
  subject: string
  html?: string | null | undefined
  text?: string | null | undefined
  quotePrevious: boolean
}

export interface PreviousEmail {
  subject: string
  sentAt: Date
  text: string
}

export interface RenderInput {
  step: StepContent
  lead: LeadFields
  mailbox: Sender
  /** The campaign's. The same lead always gets the same text. */
  seed: number
  /** For the date above a quotation: the campaign's zone, unless the lead has its own. */
  zone: string
  previous?: PreviousEmail | undefined
  /** Of the first email in the thread; without it, that of the previous one. */
  threadSubject?: string | undefined
}

export interface RenderedEmail {
  subject: string
  text: string
  html?: string
}

const htmlQuote = `<div>{{ line }}</div>
<blockquote style="margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex">{{ text | escape | newline_to_br | raw }}</blockquote>`

/** Throws AppError `invalid_input` where the email would have a blank, no subject or no text. */
export function renderStep(input: RenderInput): RenderedEmail {
  const { step, lead, mailbox } = input
  const variables = { ...leadVariables(lead), ...senderVariables(mailbox) }
  const seed = seededHash(input.seed, lead.id, step.id)
  const subject = renderSubject(input, variables, seed)
  const html = step.html ? render(step.html, variables, { kind: 'html', seed }) : undefined
  const text = step.text ? render(step.text, variables, { kind: 'text', seed }) : htmlToText(html ?? '')
  if (text.trim() === '') throw new AppError('invalid_input', `the text of step "${step.id}" is empty`)
  const quoted = step.quotePrevious ? input.previous : undefined
  const email = { subject, text: quoted ? `${text.trimEnd()}\n\n${quoteText(quoted, input)}` : text }
  if (html === undefined) return email
  return { ...email, html: quoted ? withQuote(html, quoteHtml(quoted, input)) : html }
}

function renderSubject(input: RenderInput, variables: Record<string, unknown>, seed: number): string {
  const { step, previous, threadSubject } = input
  if (step.subject.trim() === '') return replySubject(threadSubject ?? previous?.subject, step.id)
  // A subject is one header line: a line break from a lead's data must not begin another.
  const subject = oneLine(
    render(step.subject, variables, { kind: 'text', seed: seededHash(seed, 'subject') }),
  )
  if (subject === '') throw new AppError('invalid_input', `the subject of step "${step.id}" is empty`)
  return subject
}

function replySubject(thread: string | undefined, stepId: string): string {
  const subject = oneLine(thread ?? '')
  if (subject === '') {
    throw new AppError('invalid_input', `step "${stepId}" has no subject, and no email before it to reply to`)
  }
  return /^re:/i.test(subject) ? subject : `Re: ${subject}`
}

function quoteText(previous: PreviousEmail, input: RenderInput): string {
  const lines = previous.text.trimEnd().split(/\r?\n/)
  return [attribution(previous, input), ...lines.map((line) => (line ? `> ${line}` : '>'))].join('\n')
}

function quoteHtml(previous: PreviousEmail, input: RenderInput): string {
  const variables = { line: attribution(previous, input), text: previous.text.trimEnd() }
  return render(htmlQuote, variables, { kind: 'html' })
}

/** In no language: the date and the sender. */
function attribution({ sentAt }: PreviousEmail, { mailbox, lead, zone }: RenderInput): string {
  const date = civilDate(sentAt, leadZone(lead.timezone, zone))
  const name = mailbox.fromName.trim()
  return name ? `${date}, ${name} <${mailbox.address}>:` : `${date}, ${mailbox.address}:`
}

function withQuote(html: string, quote: string): string {
  const end = [...html.matchAll(/<\/body\s*>/gi)].at(-1)?.index
  return end === undefined ? `${html}\n${quote}` : `${html.slice(0, end)}${quote}\n${html.slice(end)}`
}

function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
}
