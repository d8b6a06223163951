import { describe, expect, it } from 'vitest'
import { analyseTemplate } from '../../../src/templating/variables.ts'

const listed = (template: string) =>
  Object.fromEntries(
    analyseTemplate(template, 'text').variables.map(({ name, hasFallback }) => [name, hasFallback]),
  )

describe('the variables of a template', () => {
  it.each([
    ['{{ a }}', { a: false }],
    ['{{ a | default: "x" }}', { a: true }],
    ['{{ a | upcase | default: "x" }}', { a: false }],
    ['{{ a | default: b }}', { a: true, b: false }],
    ['{{ a | default: "x" }} {{ a }}', { a: false }],
    ['{{ a }} {{ a | default: "x" }}', { a: false }],
    ['{% if a %}x{% endif %}', { a: true }],
    ['{% if a and b == "x" %}{{ c }}{% endif %}', { a: true, b: true, c: false }],
    ['{% assign n = a %}{{ n }}', { a: false }],
    ['{% assign n = a | default: "x" %}{{ n }}', { a: true }],
    ['{% for i in list %}{{ i }}{{ forloop.index }}{% endfor %}', { list: false }],
    ['{a {{ a }}|b {{ b | default: "x" }}}', { a: false, b: true }],
    ['{{ a.b.c }}', { 'a.b.c': false }],
    ['{% raw %}{{ a }}{% endraw %}', {}],
  ])('%s', (template, expected) => {
    expect(listed(template)).toEqual(expected)
  })

  it('stand with the line of their first use and their path', () => {
    expect(analyseTemplate('x\n{{ address.city }}', 'text').variables).toEqual([
      { name: 'address.city', path: ['address', 'city'], hasFallback: false, line: 2 },
    ])
  })

  it('may be left out by a condition', () => {
    expect(analyseTemplate('{% if a %}{{ b }}{% endif %}', 'text').hasConditions).toBe(true)
    expect(analyseTemplate('{{ b }}', 'text').hasConditions).toBe(false)
  })
})
