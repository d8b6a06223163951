import { Context, UndefinedVariableError } from 'liquidjs'
import { AppError } from '../core/errors.ts'
import { compile, problemOf } from './compile.ts'
import { engineFor, type TemplateKind } from './engine.ts'
import { setSpintaxSeed } from './spin-tag.ts'
import type { TemplateProblem } from './spintax.ts'

export interface RenderOptions {
  /** In `html` every `{{ }}` is escaped unless it ends in `| raw`. */
  kind: TemplateKind
  /** Chooses among spintax options; without it all of them are rendered, which only checks want. */
  seed?: number | undefined
}

export type RenderResult =
  | { ok: true; text: string }
  /** `undefinedVariable`: the path (`company`, `address.city`) that had neither a value nor a fallback. */
  | { ok: false; problem: TemplateProblem; undefinedVariable?: string }

/** Throws AppError `invalid_input` for a template that cannot be read, or a variable without value and fallback. */
export function render(
  template: string,
  variables: Readonly<Record<string, unknown>>,
  options: RenderOptions,
): string {
  const result = tryRender(template, variables, options)
  if (result.ok) return result.text
  throw new AppError('invalid_input', `line ${result.problem.line}: ${result.problem.message}`)
}

export function tryRender(
  template: string,
  variables: Readonly<Record<string, unknown>>,
  { kind, seed }: RenderOptions,
): RenderResult {
  const compiled = compile(template, kind)
  if (!compiled.ok) return compiled
  const liquid = engineFor(kind)
  // Liquid answers `size` of any scope with a count of its keys, unless the key is there.
  const scope = { size: undefined, ...variables }
  const context = new Context(scope, liquid.options, { sync: true }, { liquid })
  setSpintaxSeed(context, seed)
  try {
    return { ok: true, text: liquid.renderSync(compiled.parts, context) }
  } catch (error) {
    return failureOf(error)
  }
}

/** What is wrong with the template itself, before any lead is known. */
export function checkTemplate(template: string, kind: TemplateKind): TemplateProblem | undefined {
  const compiled = compile(template, kind)
  return compiled.ok ? undefined : compiled.problem
}

function failureOf(error: unknown): RenderResult {
  const problem = problemOf(error)
  if (!(error instanceof UndefinedVariableError)) return { ok: false, problem }
  const name = problem.message.replace(/^undefined variable: /, '')
  const message = `"${name}" has no value; give it one, or a fallback: {{ ${name} | default: "…" }}`
  return { ok: false, problem: { ...problem, message }, undefinedVariable: name }
}
