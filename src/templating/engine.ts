import { AssignTag, type Context, Liquid, type Value } from 'liquidjs'
import { AppError } from '../core/errors.ts'
import { SpinTag } from './spin-tag.ts'

export type TemplateKind = 'html' | 'text'

export const maxTemplateLength = 200_000
// The memory limit counts what loops and filters make, so it stops a runaway loop at the same place on any machine;
// the time is only the last resort.
const limits = { parseLimit: maxTemplateLength * 2, memoryLimit: 500_000, renderLimit: 2_000 }

// Nothing that reads other templates, and nothing that writes a value past the escaping of `{{ }}` (echo, cycle).
const tags = new Set([
  'assign',
  'capture',
  'case',
  'comment',
  'for',
  'break',
  'continue',
  'if',
  'unless',
  'raw',
  '#',
])
const dateFilters = ['date', 'date_to_xmlschema', 'date_to_rfc822', 'date_to_string', 'date_to_long_string']

/** A missing value without a fallback is an error here, where Liquid would make it nil and print nothing. */
class StrictAssignTag extends AssignTag {
  override *render(context: Context): Generator<unknown, void, unknown> {
    const [value] = this.arguments() as Iterable<Value>
    const [name] = this.localScope()
    if (value && name) context.bottom()[name.content] = yield value.value(context, false)
  }
}

function createEngine(kind: TemplateKind): Liquid {
  const engine = new Liquid({
    strictFilters: true,
    strictVariables: true,
    lenientIf: true,
    ownPropertyOnly: true,
    dynamicPartials: false,
    relativeReference: false,
    templates: {},
    timezoneOffset: 0,
    locale: 'en',
    ...limits,
    ...(kind === 'html' ? { outputEscape: 'escape' as const } : {}),
  })
  for (const name of Object.keys(engine.tags)) if (!tags.has(name)) delete engine.tags[name]
  engine.registerTag('assign', StrictAssignTag)
  engine.registerTag('spin', SpinTag)
  // The same lead gets the same text whenever it is rendered: no chance and no clock.
  engine.unregisterFilter('sample')
  for (const name of dateFilters) engine.registerFilter(name, withoutNow(engine.filters[name]))
  return engine
}

function withoutNow(filter: Liquid['filters'][string] | undefined): Liquid['filters'][string] {
  const handler = typeof filter === 'function' ? filter : filter?.handler
  return function (value: unknown, ...args: unknown[]) {
    if (value === 'now' || value === 'today') {
      throw new AppError(
        'invalid_input',
        `"${value}" differs from one rendering to the next; write the date out`,
      )
    }
    return handler?.call(this, value, ...args)
  }
}

const engines = { html: createEngine('html'), text: createEngine('text') }

export function engineFor(kind: TemplateKind): Liquid {
  return engines[kind]
}
