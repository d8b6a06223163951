import { describe, expect, it } from 'vitest'
import { htmlToText } from '../../../src/templating/html-to-text.ts'
import { checkTemplate, render, tryRender } from '../../../src/templating/render.ts'

const html = (template: string, variables = {}) => render(template, variables, { kind: 'html', seed: 1 })
const text = (template: string, variables = {}) => render(template, variables, { kind: 'text', seed: 1 })

describe('rendering', () => {
  it.each([
    ['{{ first_name }}', { first_name: 'Åsa' }, 'Åsa'],
    ['{{ first_name | default: "there" }}', {}, 'there'],
    ['{{ first_name | default: "there" | upcase }}', {}, 'THERE'],
    ['{% if company %}at {{ company }}{% else %}there{% endif %}', {}, 'there'],
    ['{% unless company %}none{% endunless %}', {}, 'none'],
    ['{% assign n = first_name | default: "you" %}{{ n }}', {}, 'you'],
    ['{% for i in (1..3) %}{{ i }}{% endfor %}', {}, '123'],
    ['{{ day | date: "%-d %B %Y" }}', { day: '2026-03-02' }, '2 March 2026'],
  ])('%s with %j', (template, variables, expected) => {
    expect(text(template, variables)).toBe(expected)
  })

  it.each([
    ['a variable', '{{ x }}'],
    ['a variable in the argument of a filter', '{{ "a" | append: x }}'],
    ['a variable with a fallback that comes too late', '{{ x | upcase | default: "a" }}'],
    ['a value that is assigned', '{% assign n = x %}{{ n }}'],
    ['a property', '{{ a.x }}'],
    ['a name that Liquid knows', '{{ size }}'],
    ['a name that JavaScript knows', '{{ constructor }}'],
    ['a list', '{% for i in x %}{{ i }}{% endfor %}'],
  ])('refuses %s without a value', (_, template) => {
    expect(() => text(template, { a: { b: 1 } })).toThrow(/has no value; give it one, or a fallback/)
  })

  it('names the variable and its line', () => {
    expect(tryRender('Hi\n\n{{ first_name }}', {}, { kind: 'text' })).toMatchObject({
      ok: false,
      undefinedVariable: 'first_name',
      problem: { line: 3 },
    })
  })
})

describe('lead data in HTML', () => {
  const lead = { name: '<img src=x onerror="alert(1)">&\'' }
  const escaped = '&lt;img src=x onerror=&#34;alert(1)&#34;&gt;&amp;&#39;'

  it.each([
    ['an output', '{{ name }}'],
    ['an output with filters', '{{ name | strip }}'],
    ['an output whose raw is not the last word', '{{ name | raw | append: "" }}'],
    ['a fallback', '{{ none | default: name }}'],
    ['a loop', '{% for n in list %}{{ n }}{% endfor %}'],
    ['a choice', '{ {{ name }}|{{ name }} }'],
  ])('is escaped in %s', (_, template) => {
    expect(html(template, { ...lead, list: [lead.name] }).trim()).toBe(escaped)
  })

  it('is escaped on its way through a capture', () => {
    expect(html('{% capture c %}{{ name }}{% endcapture %}{{ c | raw }}', lead)).toBe(escaped)
  })

  it('is left alone by raw, and in text', () => {
    expect(html('{{ name | raw }}', lead)).toBe(lead.name)
    expect(text('{{ name }}', lead)).toBe(lead.name)
  })
})

describe('a template that cannot be read', () => {
  it.each([
    ['{{ x | nope }}', 'undefined filter: nope'],
    ['{% nope %}', 'tag "nope" not found'],
    ['{% if x %}', 'not closed'],
    ['{A {% if x %}|B {% endif %}}', 'a choice in braces and a Liquid tag overlap'],
    ['{% include "secrets" %}', 'tag "include" not found'],
    ['{% render "secrets" %}', 'tag "render" not found'],
    ['{% layout "secrets" %}', 'tag "layout" not found'],
    // These would write a value past the escaping.
    ['{% echo x %}', 'tag "echo" not found'],
    ['{% cycle x, y %}', 'tag "cycle" not found'],
    ['{% liquid echo x %}', 'tag "liquid" not found'],
    // This would give another text at the next rendering.
    ['{{ list | sample }}', 'undefined filter: sample'],
    ['x'.repeat(200_001), 'the text has 200001 characters'],
  ])('%.40s', (template, message) => {
    expect(checkTemplate(template, 'html')?.message).toContain(message)
    expect(() => html(template)).toThrow(message)
  })

  it('is reported with its line', () => {
    expect(checkTemplate('one\ntwo {a|b}\n{{ x | nope }}', 'text')).toMatchObject({ line: 3 })
  })
})

describe('a template that asks for too much', () => {
  it.each([
    '{% for i in (1..100000000) %}x{% endfor %}',
    '{% for i in (1..1000) %}{% for j in (1..1000) %}{% for k in (1..1000) %}x{% endfor %}{% endfor %}{% endfor %}',
    '{% assign s = "xxxxxxxxxx" %}{% for i in (1..60) %}{% assign s = s | append: s %}{% endfor %}',
  ])('is stopped: %s', (template) => {
    const started = performance.now()
    expect(tryRender(template, {}, { kind: 'text' })).toMatchObject({
      problem: { message: expect.stringContaining('shorten its loops') },
    })
    expect(performance.now() - started).toBeLessThan(5_000)
  })

  it('cannot ask for the time of day', () => {
    expect(() => text('{{ "now" | date: "%Y" }}')).toThrow('differs from one rendering to the next')
  })
})

describe('the text made from HTML', () => {
  it('keeps words, lists and links, and drops pictures and styles', () => {
    const made = htmlToText(`<html><head><style>p { color: red }</style></head><body>
      <h1>Grüße</h1><p>Hello <b>Anna</b>,<br>have a <a href="https://example.com/a">look</a>.</p>
      <ul><li>one</li><li>two</li></ul><img src="https://example.com/p.png" alt="pixel"></body></html>`)
    expect(made).toBe('Grüße\n\nHello Anna,\nhave a look [https://example.com/a].\n\n * one\n * two')
  })
})
