import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseCampaignFile } from '../../../src/campaigns/campaign-file.ts'
import { campaignConfiguration, windowOf } from '../../../src/campaigns/configuration.ts'
import { nextOpen } from '../../../src/campaigns/window.ts'

const good = `name: Spring
timezone: europe/berlin
mailboxes: all
window:
  days: mon-fri
  hours: "09:00-17:00"
steps:
  - subject: Hello
    text: Hi
`

/** The good file with lines replaced or, with an empty string, left out. */
function fileWith(changes: Record<string, string>): string {
  const lines = good.split('\n').map((line) => {
    const key = Object.keys(changes).find((start) => line.trim().startsWith(start))
    return key === undefined ? line : changes[key]
  })
  return lines.filter((line) => line !== '').join('\n')
}

function problems(source: string): string[] {
  const result = parseCampaignFile(source)
  return result.ok ? [] : result.problems.map(({ line, message }) => `${line}: ${message}`)
}

function definition(source: string) {
  const result = parseCampaignFile(source)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.definition
}

const office = Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri'].map((day) => [day, ['09:00-17:00']]))

describe('a campaign file', () => {
  it('becomes a definition, with defaults', () => {
    expect(definition(good)).toEqual({
      name: 'Spring',
      timezone: 'Europe/Berlin',
      lane: 'normal',
      mailboxes: 'all',
      seed: expect.any(Number),
      dailyLimit: null,
      newLeadsPerDay: null,
      configuration: {
        window: office,
        holidays: [],
        audience: undefined,
        staleAfter: undefined,
        stopOnReply: true,
        stopOnAutoReply: false,
        stopForCompany: false,
        whenMailboxRemoved: 'stop',
      },
      steps: [
        {
          id: 'step-1',
          subject: 'Hello',
          html: undefined,
          text: 'Hi',
          template: undefined,
          variants: [],
          delay: {},
          quotePrevious: false,
        },
      ],
    })
  })

  it('takes its seed from its name, unless it has one', () => {
    const { seed } = definition(good)
    expect(definition(good).seed).toBe(seed)
    expect(Number.isInteger(seed) && Math.abs(seed) <= 2 ** 31).toBe(true)
    expect(definition(fileWith({ name: 'name: Summer' })).seed).not.toBe(seed)
    expect(definition(`${good}seed: 7\n`).seed).toBe(7)
  })

  it('is read back from the database as it was written', () => {
    const source = `${good}holidays: [2026-12-25]\naudience: { tag: vip }\nstale_after: 36 hours\n`
    const { configuration } = definition(source)
    const stored = campaignConfiguration.parse(JSON.parse(JSON.stringify(configuration)))
    expect(stored).toEqual({
      window: office,
      holidays: ['2026-12-25'],
      audience: { tag: 'vip' },
      staleAfter: { hours: 36 },
      stopOnReply: true,
      stopOnAutoReply: false,
      stopForCompany: false,
      whenMailboxRemoved: 'stop',
    })
    const opens = nextOpen(windowOf(stored), 'UTC', new Date('2026-12-25T10:00:00Z'))
    expect(opens?.toISOString()).toBe('2026-12-28T09:00:00.000Z')
  })

  it.each([
    ['days: [mon, wed-thu]', { mon: 1, wed: 1, thu: 1 }],
    ['days: sat-sun, tuesday', { tue: 1, sat: 1, sun: 1 }],
    ['days: fri-mon', { mon: 1, fri: 1, sat: 1, sun: 1 }],
  ])('takes %s', (days, expected) => {
    const { window } = definition(fileWith({ days: `  ${days}` })).configuration
    expect(Object.keys(window).sort()).toEqual(Object.keys(expected).sort())
  })

  it('takes hours for each day', () => {
    const days = '  days: { mon-wed: "9:00-12:00", fri: ["13:00-24:00", "00:00-01:00"] }'
    const { window } = definition(fileWith({ days, hours: '' })).configuration
    const morning = ['09:00-12:00']
    expect(window).toEqual({ mon: morning, tue: morning, wed: morning, fri: ['00:00-01:00', '13:00-24:00'] })
  })

  it('takes a list of mailboxes, each once and in its stored form', () => {
    const mailboxes = 'mailboxes: [Jane@Example.com, jane@example.com, joe@example.com]'
    expect(definition(fileWith({ mailboxes })).mailboxes).toEqual(['jane@example.com', 'joe@example.com'])
  })

  it('is the example', () => {
    const { steps, name } = definition(readFileSync('examples/campaign.yaml', 'utf8'))
    expect(name).toMatch(/[^ -~]/)
    expect(steps.map(({ id, delay }) => ({ id, delay }))).toEqual([
      { id: 'hello', delay: {} },
      { id: 'follow-up', delay: { days: 3 } },
    ])
  })
})

describe('the campaign files in the documentation', () => {
  const blocks = [...readFileSync('docs/campaigns.md', 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)]
  const files = blocks.map(([, block = '']) => completed(block))

  it.each(files)('can be read: %s', (source) => {
    expect(problems(source)).toEqual([])
  })

  it('are four', () => {
    expect(files).toHaveLength(4)
  })

  function completed(block: string): string {
    if (block.startsWith('steps')) return good.slice(0, good.indexOf('steps:')) + block
    return block.startsWith('window') ? withWindow(block) : block
  }

  function withWindow(window: string): string {
    return `${fileWith({ window: '', days: '', hours: '' })}\n${window}`
  }
})

describe('a campaign file with a mistake', () => {
  it.each([
    [
      { mailboxes: 'mailboxs: all' },
      ['1: "mailboxes" is missing', '3: unknown key "mailboxs" (did you mean "mailboxes"?)'],
    ],
    [{ mailboxes: 'mailboxes: []' }, ['3: mailboxes: name at least one address, or write all']],
    [{ mailboxes: 'mailboxes: some' }, ['3: mailboxes: write a list of addresses, or all']],
    [{ mailboxes: 'mailboxes:\n- a@b.com\n- joe' }, ['5: "joe" is not name@domain']],
    [
      { timezone: 'timezone: Mars/Phobos' },
      ['2: "Mars/Phobos" is not a time zone; write one like Europe/Berlin'],
    ],
    [{ timezone: 'timezone: +01:00' }, ['2: "+01:00" is not a time zone; write one like Europe/Berlin']],
    [{ name: 'name: 7' }, ['1: name: text is wanted here (put it in quotes)']],
    [{ name: 'name: " "' }, ['1: the name is empty']],
    [{ name: 'name: a\nname: b' }, ['2: Map keys must be unique']],
    [{ name: 'name: a\nlane: fast' }, ['2: lane is high, normal or low']],
    [{ name: 'name: a\nseed: 1.5' }, ['2: seed is a whole number']],
    [{ name: 'name: a\nholidays: [2026-02-30]' }, ['2: a holiday is a date like 2026-12-25']],
    [
      { name: 'name: a\naudience: { tags: x }' },
      ['2: tag: text is wanted here (put it in quotes)', '2: unknown key "tags" (did you mean "tag"?)'],
    ],
    [
      { name: 'name: a\nstale_after: 0 days' },
      ['2: "0 days" is no time at all; write it like 3 days, 90 minutes or PT36H'],
    ],
    [{ days: '  days: []' }, ['4: this window never opens: it has no day with hours']],
    [{ hours: '  hours: []' }, ['4: this window never opens: it has no day with hours']],
    [{ days: '  days: mon-fry' }, [expect.stringMatching(/^5: "mon-fry" is not a day/)]],
    [
      { hours: '  hour: x' },
      [
        '4: hours are missing: write "09:00-17:00", or a list of such ranges',
        '6: unknown key "hour" in window (did you mean "hours"?)',
      ],
    ],
    [{ hours: '  hours: 22:00-06:00' }, [expect.stringMatching(/^6: "22:00-06:00" goes over midnight/)]],
    [
      { hours: '  hours: ["09:00-12:00", "11:00-13:00"]' },
      ['6: "11:00-13:00" overlaps another range of the same day'],
    ],
    [
      { days: '  days: { mon-tue: "09:00-10:00", tue: "11:00-12:00" }', hours: '' },
      ['5: tue is there twice'],
    ],
    [
      { window: 'window: always', days: '', hours: '' },
      [expect.stringMatching(/^4: a window has days and hours/)],
    ],
  ])('is refused with the line: %j', (changes, expected) => {
    expect(problems(fileWith(changes))).toEqual(expected)
  })

  it.each([
    ['steps: []', ['7: a campaign has at least one step']],
    ['steps: {}', ['7: steps: write a list of steps']],
    ['steps:\n  - subject: a', ['8: this step has no content; give it html, text or template']],
    [
      'steps:\n  - subject: a\n    text: " "',
      ['8: this step has no content; give it html, text or template'],
    ],
    ['steps:\n  - text: a', ['8: the first step has no subject']],
    [
      'steps:\n  - { subject: a, text: a, delay: 1 day }',
      ['8: the first step has no email before it: remove delay'],
    ],
    [
      'steps:\n  - subject: a\n    variants: [{ template: a }, { template: b }]',
      ['8: subject stands beside variants; move it into them'],
    ],
    [
      'steps:\n  - variants:\n      - { subject: a, text: a }\n      - { subject: b }',
      ['10: this variant has no content; give it html, text or template'],
    ],
    [
      'steps:\n  - variants:\n      - { subject: a, text: a }\n      - { text: b }',
      ['8: the first step has no subject'],
    ],
    [
      'steps:\n  - variants:\n      - { template: a, wieght: 1 }\n      - { template: b, weight: 0 }',
      [
        '9: unknown key "wieght" (did you mean "weight"?)',
        '10: weight must be at least 1; leave the variant out to send it to nobody',
      ],
    ],
    [
      'steps:\n  - variants:\n      - { template: a }',
      ['8: variants: one alone is no choice; write it as the content of the step'],
    ],
    ['steps:\n  - { template: t, html: a }', ['8: html stands beside template; keep one of them']],
    [
      'steps:\n  - { template: t }\n  - { text: a }',
      ['9: this step has no delay; write how long after the one before'],
    ],
    [
      'steps:\n  - { template: t }\n  - { text: a, delay: 3 }',
      ['9: "3" is not a length of time; write it like 3 days, 90 minutes or PT36H'],
    ],
    [
      'steps:\n  - { id: a, template: t }\n  - { id: a, text: a, delay: 1 day }',
      ['9: "a" is already the id of step 1'],
    ],
    ['steps:\n  - { subjekt: a, template: t }', ['8: unknown key "subjekt" (did you mean "subject"?)']],
    [
      'steps:\n  - subject: "{a|b"\n    text: a',
      ['8: this { is never closed; write \\{ for a literal brace'],
    ],
    [
      'steps:\n  - subject: a\n    text: |\n      one\n\n      {{ x | nope }}',
      ['12: undefined filter: nope'],
    ],
    ['steps:\n  - subject: a\n    html: >\n      one\n      {% if %}', [expect.stringMatching(/^9: /)]],
  ])('is refused with the line: %j', (steps, expected) => {
    expect(problems(`${good.slice(0, good.indexOf('steps:'))}${steps}\n`)).toEqual(expected)
  })

  it.each(['On {{ a | default: "b" }}', '{Hi|Hello} you'])('is told that %s needs quotes', (subject) => {
    const [problem = ''] = problems(fileWith({ '- subject': `  - subject: ${subject}` }))
    expect(problem).toMatch(/^8: .*a text with braces stands in quotes/)
  })

  it('is told every mistake at once', () => {
    const source = fileWith({ timezone: 'timezone: X', days: '  days: x', '- subject': '  - subject: "}"' })
    expect(problems(source).map((line) => line.slice(0, 2))).toEqual(['2:', '5:', '8:'])
  })

  it.each(['', '[]', 'text', 'a: b: c', '\t', '&a [*a]', '{'])('is refused when it is %j', (source) => {
    expect(problems(source).length).toBeGreaterThan(0)
  })

  it('does not grow without bound', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]']
    for (let at = 1; at < 10; at++)
      bomb.push(`k${at}: &k${at} [${`*${at === 1 ? 'a' : `k${at - 1}`},`.repeat(10)}]`)
    expect(problems(bomb.join('\n'))[0]).toContain('alias')
    expect(problems(`name: ${'x'.repeat(1_000_001)}`)).toEqual([
      '1: the file is longer than 1000000 characters',
    ])
  })
})
