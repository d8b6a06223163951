import { LiquidError, type Template } from 'liquidjs'
import { engineFor, maxTemplateLength, type TemplateKind } from './engine.ts'
import { spintaxToLiquid, type TemplateProblem } from './spintax.ts'

export type Compiled = { ok: true; parts: Template[] } | { ok: false; problem: TemplateProblem }

const maxCachedCharacters = 4_000_000
const plainer = new Map([
  ['tag "or" not found', 'a choice in braces and a Liquid tag overlap; let one enclose the other'],
  ['tag "endspin" not found', 'a choice in braces and a Liquid tag overlap; let one enclose the other'],
  ['memory alloc limit exceeded', 'the template makes too much; shorten its loops'],
  ['template render limit exceeded', 'the template takes too long; shorten its loops'],
])
/** Least recently used first. */
const cache = new Map<string, Template[]>()
let cachedCharacters = 0

/** Liquid with spintax, checked for syntax and for tags and filters that do not exist; kept for the next lead. */
export function compile(template: string, kind: TemplateKind): Compiled {
  const key = `${kind}:${template}`
  const known = cache.get(key)
  if (known) {
    cache.delete(key)
    cache.set(key, known)
    return { ok: true, parts: known }
  }
  const compiled = parse(template, kind)
  if (compiled.ok) keep(key, compiled.parts)
  return compiled
}

/** The problem that Liquid reports, without the position it writes into its message. */
export function problemOf(error: unknown): TemplateProblem {
  if (!(error instanceof Error)) return { message: String(error), line: 1, column: 1 }
  const [line = 1, column = 1] = LiquidError.is(error) ? tokenOf(error).getPosition() : []
  const said = error.message.replace(/, line:\d+, col:\d+$/, '')
  return { message: plainer.get(said) ?? said, line, column }
}

function tokenOf(error: object): { getPosition(): number[] } {
  return (error as { token: { getPosition(): number[] } }).token
}

function parse(template: string, kind: TemplateKind): Compiled {
  if (template.length > maxTemplateLength) {
    const message = `the text has ${template.length} characters; ${maxTemplateLength} are the most`
    return { ok: false, problem: { message, line: 1, column: 1 } }
  }
  const spun = spintaxToLiquid(template)
  if (!spun.ok) return spun
  try {
    return { ok: true, parts: engineFor(kind).parse(spun.liquid) }
  } catch (error) {
    return { ok: false, problem: problemOf(error) }
  }
}

function keep(key: string, parts: Template[]): void {
  cache.set(key, parts)
  cachedCharacters += key.length
  for (const oldest of cache.keys()) {
    if (cachedCharacters <= maxCachedCharacters) break
    cache.delete(oldest)
    cachedCharacters -= oldest.length
  }
}
