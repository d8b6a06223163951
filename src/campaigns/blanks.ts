import type { TemplateKind } from '../templating/engine.ts'
import { tryRender } from '../templating/render.ts'
import { analyseTemplate, type TemplateVariable } from '../templating/variables.ts'
import type { StepContent } from './content.ts'
import { type LeadFields, leadVariables, type Sender, senderVariables, type Variables } from './variables.ts'

interface Part {
  template: string
  kind: TemplateKind
}

/** What all the texts of a campaign need, worked out once before its leads are looked at. */
export interface BlankCheck {
  required: readonly TemplateVariable[]
  requiredOfSender: readonly TemplateVariable[]
  /** The parts whose conditions may do without what is required. */
  conditional: readonly Part[]
  /** Required wherever it stands: no condition in its part. */
  unconditional: ReadonlySet<string>
}

/** Throws AppError `invalid_input` if a text cannot be read. */
export function prepareBlankCheck(steps: readonly StepContent[]): BlankCheck {
  const parts = steps
    .flatMap(partsOf)
    .map((part) => ({ ...part, ...analyseTemplate(part.template, part.kind) }))
  const byName = new Map<string, TemplateVariable>()
  for (const variable of parts.flatMap((part) => part.variables)) {
    if (!variable.hasFallback) byName.set(variable.name, variable)
  }
  const required = [...byName.values()]
  const always = parts.filter((part) => !part.hasConditions).flatMap((part) => part.variables)
  return {
    required: required.filter((variable) => !isOfSender(variable)),
    requiredOfSender: required.filter(isOfSender),
    conditional: parts.filter((part) => part.hasConditions),
    unconditional: new Set(always.filter((variable) => !variable.hasFallback).map(({ name }) => name)),
  }
}

/** The variables that would leave a blank in an email to this lead, whatever spintax chooses. */
export function findBlanks(check: BlankCheck, lead: LeadFields): string[] {
  const variables = leadVariables(lead)
  const missing = check.required.filter(({ path }) => valueAt(variables, path) === undefined)
  if (missing.length === 0) return []
  const certain = missing.filter(({ name }) => check.unconditional.has(name)).map(({ name }) => name)
  if (certain.length === missing.length) return certain
  const sender = Object.fromEntries(check.requiredOfSender.map(({ name }) => [name, name]))
  const met = check.conditional.flatMap((part) => undefinedIn(part, { ...variables, ...sender }))
  return [...new Set([...certain, ...met])]
}

/** The variables that would be blank in every email from this mailbox: `sender_name` of a mailbox without a name. */
export function findSenderBlanks(check: BlankCheck, sender: Sender): string[] {
  const variables = senderVariables(sender)
  return check.requiredOfSender.map(({ name }) => name).filter((name) => !(name in variables))
}

function partsOf({ subject, html, text }: StepContent): Part[] {
  const parts: Part[] = [{ template: subject, kind: 'text' }]
  if (html) parts.push({ template: html, kind: 'html' })
  if (text) parts.push({ template: text, kind: 'text' })
  return parts
}

/** Renders for real, fills in each variable that is met without a value, and goes on until nothing is missing. */
function undefinedIn(part: Part, variables: Variables): string[] {
  const met: string[] = []
  for (;;) {
    const result = tryRender(part.template, variables, { kind: part.kind })
    const name = result.ok ? undefined : result.undefinedVariable
    if (name === undefined || met.includes(name)) return met
    met.push(name)
    fillIn(variables, name.split('.'))
  }
}

function fillIn(variables: Variables, path: readonly string[]): void {
  let scope = variables
  for (const step of path.slice(0, -1)) {
    const inner = scope[step]
    const copy: Variables = typeof inner === 'object' ? { ...inner } : {}
    scope[step] = copy
    scope = copy
  }
  scope[path.at(-1) ?? ''] = 'x'
}

function valueAt(variables: Variables, path: readonly string[]): unknown {
  let value: unknown = variables
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Variables)[step]
  }
  return value
}

function isOfSender({ path }: TemplateVariable): boolean {
  return path[0]?.startsWith('sender_') ?? false
}
