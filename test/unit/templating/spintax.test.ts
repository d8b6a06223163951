import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { render } from '../../../src/templating/render.ts'
import { spintaxToLiquid } from '../../../src/templating/spintax.ts'

const spin = (text: string, seed: number, variables = {}) => render(text, variables, { kind: 'text', seed })
const outcomes = (text: string, variables = {}) =>
  [...new Set(Array.from({ length: 200 }, (_, seed) => spin(text, seed, variables)))].sort()

describe('spintax', () => {
  it.each([
    ['chooses one option', '{Hi|Hello|Hey}!', ['Hello!', 'Hey!', 'Hi!']],
    ['chooses in each group for itself', '{a|b}{c|d}', ['ac', 'ad', 'bc', 'bd']],
    ['nests', '{a|{b|c} d}', ['a', 'b d', 'c d']],
    ['nests at the very beginning', '{{a|b}|c}', ['a', 'b', 'c']],
    ['may leave something out', 'x{ y|}', ['x', 'x y']],
    ['keeps a bar outside of braces', 'a|b', ['a|b']],
    ['keeps braces without a bar, as in CSS', 'p { color: red }', ['p { color: red }']],
    [
      'chooses within braces that it keeps',
      '@media { p { color: {red|blue} } }',
      ['@media { p { color: blue } }', '@media { p { color: red } }'],
    ],
    ['takes escaped characters as they are', '\\{a\\|b\\} \\\\ {x\\|y|x\\|y}', ['{a|b} \\ x|y']],
    ['keeps other backslashes', 'C:\\temp', ['C:\\temp']],
    ['does not let literal braces become Liquid', '\\{\\{ name \\}\\}', ['{{ name }}']],
    ['does not let kept braces become Liquid', '{{a} b}', ['{{a} b}']],
  ])('%s', (_, text, expected) => {
    expect(outcomes(text)).toEqual(expected)
  })

  it.each([
    ['as an option', '{Hi {{ name }}|Hello}', ['Hello', 'Hi Ann']],
    ['at both ends of an option', '{{{ name }}|{{ name }}}', ['Ann']],
    ['with a filter', '{{ name | upcase }} {a|b}', ['ANN a', 'ANN b']],
    ['with quoted braces and bars', '{{ none | default: "}|{" }}{a|b}', ['}|{a', '}|{b']],
    ['with a condition around it', '{% if name %}{a|b}{% endif %}', ['a', 'b']],
    ['with a condition within it', '{a|{% if name %}b{% endif %}}', ['a', 'b']],
    ['with raw text', '{% raw %}{a|b{% endraw %}', ['{a|b']],
    ['with a comment', '{% comment %} } { {% endcomment %}{a|b}', ['a', 'b']],
  ])('lives together with Liquid %s', (_, text, expected) => {
    expect(outcomes(text, { name: 'Ann' })).toEqual(expected)
  })

  it('does not spin what lead data says', () => {
    expect(outcomes('{{ name }}', { name: '{a|b}' })).toEqual(['{a|b}'])
  })

  it('gives the same text for the same seed', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const text = '{a|b|c} {d|{e|f}} {g|h}'
        expect(spin(text, seed)).toBe(spin(text, seed))
      }),
    )
  })

  it('chooses each option about as often', () => {
    const counts = new Map<string, number>()
    for (let seed = 0; seed < 3_000; seed++) {
      const chosen = spin('{a|b|c}', seed)
      counts.set(chosen, (counts.get(chosen) ?? 0) + 1)
    }
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })

  it.each([
    ['{a|b', 1, 1, 'this { is never closed'],
    ['Hi,\n  {a|{b}', 2, 3, 'this { is never closed'],
    ['a\nb }', 2, 3, 'this } closes nothing'],
    ['a {{ name', 1, 3, 'this {{ is never closed'],
    ['\n\n{% if x', 3, 1, 'this {% if is never closed'],
    ['{% raw %} x', 1, 1, 'this {% raw is never closed'],
    ['{'.repeat(60), 1, 51, 'nested more than 50 deep'],
  ])('reports %j at line %d, column %d', (text, line, column, message) => {
    const result = spintaxToLiquid(text)
    expect(result).toMatchObject({ ok: false, problem: { line, column } })
    expect(result.ok ? '' : result.problem.message).toContain(message)
  })

  it('leaves a text without braces as it is, and never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const result = spintaxToLiquid(text)
        if (!/[{}\\]/.test(text)) expect(result).toEqual({ ok: true, liquid: text })
      }),
    )
  })

  it.each(['{', '{{', '{%', '{% ', '{{"', "{{'", '\\', '{a|', 'a|b}', '{{"\'', '{%raw%}', '{a|b}'])(
    'reads %j, 200,000 characters of it, in linear time',
    (unit) => {
      const text = unit.repeat(200_000 / unit.length)
      const started = performance.now()
      spintaxToLiquid(text)
      // Quadratic time would take minutes.
      expect(performance.now() - started).toBeLessThan(2_000)
    },
  )
})
