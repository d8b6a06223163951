import { describe, expect, it } from 'vitest'
import { type RenderInput, renderStep, type StepContent } from '../../../src/campaigns/content.ts'
import { type LeadFields, leadVariables, senderVariables } from '../../../src/campaigns/variables.ts'

const lead: LeadFields = {
  id: 'lead-1',
  email: 'asa@example.com',
  first_name: 'Åsa',
  last_name: null,
  company: 'Smith & Sons',
  position: ' ',
  timezone: null,
  metadata: { 'Company size': '12', city: '', email: 'other@example.com', ' ': 'x' },
}
const first = {
  subject: 'A question',
  sentAt: new Date('2026-03-02T23:30:00Z'),
  text: 'Hello Åsa,\n\nwell?\n',
}

function stepOf(changes: Partial<StepContent>): StepContent {
  return { id: 'hello', subject: 'Hi {{ first_name }}', text: 'A text', quotePrevious: false, ...changes }
}

function rendered(step: Partial<StepContent>, changes: Partial<RenderInput> = {}) {
  const mailbox = { fromName: 'Jane Doe', address: 'jane@rookery.test' }
  return renderStep({ step: stepOf(step), lead, mailbox, seed: 7, zone: 'UTC', ...changes })
}

describe('a rendered step', () => {
  it('has a subject and a text with the variables of lead and sender', () => {
    const email = rendered({ text: '{{ company }}, {{ company_size }} people. {{ sender_first_name }}' })
    expect(email).toEqual({ subject: 'Hi Åsa', text: 'Smith & Sons, 12 people. Jane' })
  })

  it('escapes lead data in HTML, not in subject and text', () => {
    const email = rendered({ subject: '{{ company }}', html: '<p>{{ company }}</p>', text: '{{ company }}' })
    expect(email).toEqual({ subject: 'Smith & Sons', text: 'Smith & Sons', html: '<p>Smith &amp; Sons</p>' })
  })

  it('makes the text from the HTML where there is none', () => {
    expect(rendered({ html: '<p>{{ company }}</p>', text: null }).text).toBe('Smith & Sons')
  })

  it('chooses the same spintax in HTML and text, and always the same for a lead', () => {
    const spintax = '{a|b|c|d|e|f|g|h}'
    const email = rendered({ html: spintax, text: spintax })
    expect(email.html).toBe(email.text)
    expect(rendered({ html: spintax, text: spintax })).toEqual(email)
    const others = Array.from({ length: 50 }, (_, at) =>
      rendered({ text: spintax }, { lead: { ...lead, id: `lead-${at}` } }),
    )
    expect(new Set(others.map(({ text }) => text)).size).toBe(8)
  })

  it('chooses anew in each step, and in the subject', () => {
    const spintax = '{a|b|c|d|e|f|g|h}'
    const steps = Array.from({ length: 20 }, (_, at) =>
      rendered({ id: `s${at}`, subject: spintax, text: spintax }),
    )
    expect(new Set(steps.map(({ text }) => text)).size).toBeGreaterThan(4)
    expect(steps.some(({ subject, text }) => subject !== text)).toBe(true)
  })

  it('keeps the subject on one line, whatever the lead data', () => {
    const company = 'Evil\r\nBcc: all@example.com\u2028x\u0000'
    expect(rendered({ subject: '{{ company }}' }, { lead: { ...lead, company } }).subject).toBe(
      'Evil Bcc: all@example.com x',
    )
  })

  it.each([
    ['a variable without a value', { text: '{{ last_name }}' }, '"last_name" has no value'],
    ['a value of blanks', { text: '{{ position }}' }, '"position" has no value'],
    [
      'a subject that comes out empty',
      { subject: '{% if last_name %}x{% endif %}' },
      'subject of step "hello" is empty',
    ],
    [
      'a text that comes out empty',
      { text: '{% if last_name %}x{% endif %}' },
      'text of step "hello" is empty',
    ],
    ['no subject, and nothing to reply to', { subject: '' }, 'no email before it to reply to'],
  ])('is refused for %s', (_, step, message) => {
    expect(() => rendered(step)).toThrow(message)
  })
})

describe('a follow-up', () => {
  it.each([
    ['the first email of the thread', { previous: first, threadSubject: 'Thread' }, 'Re: Thread'],
    ['the previous email, without a thread', { previous: first }, 'Re: A question'],
    ['a reply, once', { previous: { ...first, subject: 'RE: A question' } }, 'RE: A question'],
  ])('without a subject replies to %s', (_, changes, subject) => {
    expect(rendered({ subject: ' ' }, changes).subject).toBe(subject)
  })

  it('keeps its own subject', () => {
    expect(rendered({}, { previous: first, threadSubject: 'Thread' }).subject).toBe('Hi Åsa')
  })

  it('quotes the previous email only if asked', () => {
    expect(rendered({}, { previous: first }).text).toBe('A text')
    expect(rendered({ quotePrevious: true }, { previous: first }).text).toBe(
      'A text\n\n2026-03-02, Jane Doe <jane@rookery.test>:\n> Hello Åsa,\n>\n> well?',
    )
  })

  it('dates the quotation in the zone of the lead', () => {
    const changes = { previous: first, lead: { ...lead, timezone: 'Asia/Tokyo' } }
    expect(rendered({ quotePrevious: true }, changes).text).toContain('2026-03-03, Jane Doe')
  })

  it('quotes in HTML within the body, escaped', () => {
    const previous = { ...first, text: 'a <b>\nc' }
    const { html } = rendered({ html: '<BODY><p>x</p></BODY>', quotePrevious: true }, { previous })
    expect(html).toContain('>a &lt;b&gt;<br />\nc</blockquote>')
    expect(html?.endsWith('</blockquote>\n</BODY>')).toBe(true)
  })
})

describe('variables', () => {
  it('of a lead leave out what is blank, and let no column replace a field', () => {
    expect({ ...leadVariables(lead) }).toEqual({
      email: 'asa@example.com',
      first_name: 'Åsa',
      company: 'Smith & Sons',
      'Company size': '12',
      company_size: '12',
    })
  })

  it('survive metadata of any shape', () => {
    const metadata = JSON.parse(
      '{"__proto__": {"x": " "}, "list": [1], "n": 0, "no": false, "deep": {"a": null}}',
    )
    const variables = leadVariables({ ...lead, metadata })
    expect(variables).toMatchObject({ list: [1], n: 0, no: false })
    expect('deep' in variables || 'x' in variables).toBe(false)
    expect(Object.keys(leadVariables({ ...lead, metadata: null }))).toContain('email')
  })

  it('of a sender without a name have only its address', () => {
    expect({ ...senderVariables({ fromName: ' ', address: 'a@b.test' }) }).toEqual({
      sender_email: 'a@b.test',
    })
  })
})
