import {
  analyzeSync,
  CaseTag,
  IfTag,
  type Template,
  toValueSync,
  UnlessTag,
  Value,
  type Variable,
} from 'liquidjs'
import { AppError } from '../core/errors.ts'
import { compile } from './compile.ts'
import type { TemplateKind } from './engine.ts'

export interface TemplateVariable {
  /** Dotted where the template reaches into a value: `address.city`. */
  name: string
  /** The same in steps, as far as it can be known without a lead (`list[index]` ends at `list`). */
  path: readonly string[]
  /** Every use has a `default`, or only decides a condition: without a value the text still has no blank. */
  hasFallback: boolean
  /** Of its first use. */
  line: number
}

export interface TemplateUse {
  variables: TemplateVariable[]
  /** Whether a condition may leave out a variable that is listed. */
  hasConditions: boolean
}

/** Throws AppError `invalid_input` if the template cannot be read. */
export function analyseTemplate(template: string, kind: TemplateKind): TemplateUse {
  const compiled = compile(template, kind)
  if (!compiled.ok) throw new AppError('invalid_input', compiled.problem.message)
  const parts = [...descendants(compiled.parts)]
  const lenient = new Set(parts.flatMap(lenientPositions))
  const byName = new Map<string, TemplateVariable>()
  for (const use of Object.values(analyzeSync(compiled.parts, { partials: false }).globals).flat()) {
    note(byName, use, lenient)
  }
  return { variables: [...byName.values()], hasConditions: parts.some(isCondition) }
}

function note(byName: Map<string, TemplateVariable>, use: Variable, lenient: Set<string>): void {
  const { row, col } = use.location
  const name = String(use)
  const hasFallback = lenient.has(`${row}:${col}`)
  const known = byName.get(name)
  if (!known) byName.set(name, { name, path: pathOf(use), hasFallback, line: row })
  else
    byName.set(name, {
      ...known,
      hasFallback: known.hasFallback && hasFallback,
      line: Math.min(known.line, row),
    })
}

function pathOf(use: Variable): string[] {
  const unknown = use.segments.findIndex((segment) => typeof segment === 'object')
  return use.segments.slice(0, unknown < 0 ? undefined : unknown).map(String)
}

function* descendants(parts: readonly Template[]): Generator<Template> {
  for (const part of parts) {
    yield part
    if (part.children) yield* descendants(toValueSync(part.children(false, true)))
  }
}

/** Where the template may meet a missing value: in a condition, or before `default`. */
function lenientPositions(part: Template): string[] {
  const values = [...(part.arguments?.() ?? [])].filter((argument) => argument instanceof Value)
  return values
    .filter((value) => isCondition(part) || value.filters[0]?.name === 'default')
    .flatMap((value) => value.initial.postfix.map((token) => token.getPosition().join(':')))
}

function isCondition(part: Template): boolean {
  return part instanceof IfTag || part instanceof UnlessTag || part instanceof CaseTag
}
