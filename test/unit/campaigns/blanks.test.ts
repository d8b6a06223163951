import { describe, expect, it } from 'vitest'
import { findBlanks, findSenderBlanks, prepareBlankCheck } from '../../../src/campaigns/blanks.ts'
import type { StepContent } from '../../../src/campaigns/content.ts'
import type { LeadFields } from '../../../src/campaigns/variables.ts'

const ann: LeadFields = {
  id: 'lead-1',
  email: 'ann@example.com',
  first_name: 'Ann',
  last_name: null,
  company: ' ',
  position: null,
  timezone: null,
  metadata: { city: 'Köln', address: { street: 'Ring' }, list: [1] },
}

function blanks(step: Partial<StepContent>, lead = ann): string[] {
  const content = { id: 'one', subject: 'x', quotePrevious: false, ...step }
  return findBlanks(prepareBlankCheck([content]), lead)
}

describe('the blanks of a lead', () => {
  it.each([
    ['{{ first_name }} {{ city }}', []],
    ['{{ last_name }}', ['last_name']],
    ['{{ company }} {{ position }}', ['company', 'position']],
    ['{{ last_name | default: "x" }}', []],
    ['{{ last_name | default: "x" }} {{ last_name }}', ['last_name']],
    ['{% if company %}{{ company }}{% endif %}', []],
    ['{% if first_name %}{{ company }}{% endif %}', ['company']],
    ['{% if first_name %}{{ company }} {{ size }} {{ sender_name }}{% endif %}', ['company', 'size']],
    ['{% if company %}{{ position }}{% else %}{{ last_name }}{% endif %}', ['last_name']],
    ['{Hi|Hi {{ last_name }}}', ['last_name']],
    ['{% if first_name %}{Hi|Hi {{ last_name }}}{% endif %}', ['last_name']],
    ['{% assign n = last_name %}{{ n }}', ['last_name']],
    ['{{ address.street }} {{ address.zip }} {{ home.zip }}', ['address.zip', 'home.zip']],
    ['{% if city %}{{ home.zip }}{% endif %}', ['home', 'home.zip']],
    ['{{ sender_name }}', []],
  ])('in %s', (text, expected) => {
    expect(blanks({ text }).sort()).toEqual([...expected].sort())
    expect(blanks({ html: text }).sort()).toEqual([...expected].sort())
    expect(blanks({ subject: text }).sort()).toEqual([...expected].sort())
  })

  it('are looked for in every step', () => {
    const steps = ['{{ city }}', '{{ last_name }}'].map((text, at) => ({
      id: `step-${at}`,
      subject: '',
      text,
      quotePrevious: false,
    }))
    expect(findBlanks(prepareBlankCheck(steps), ann)).toEqual(['last_name'])
  })

  it('are looked for in lead after lead with one check, and never carried over', () => {
    const text =
      'Hi {{ first_name }}, {% if company %}{{ company }}{% endif %} {{ city }} {{ last_name | default: "x" }}'
    const check = prepareBlankCheck([{ id: 'one', subject: '{{ city }}', text, quotePrevious: false }])
    let leadsWithBlanks = 0
    for (let at = 0; at < 2_000; at++) {
      const lead = at % 2 ? ann : { ...ann, first_name: null }
      leadsWithBlanks += findBlanks(check, lead).length
    }
    expect(leadsWithBlanks).toBe(1_000)
  })
})

describe('the blanks of a sender', () => {
  it('are the variables that a mailbox without a name lacks', () => {
    const check = prepareBlankCheck([
      { id: 'one', subject: 'x', text: '{{ sender_name }} {{ sender_email }}', quotePrevious: false },
    ])
    expect(findSenderBlanks(check, { fromName: '', address: 'a@b.test' })).toEqual(['sender_name'])
    expect(findSenderBlanks(check, { fromName: 'Jane', address: 'a@b.test' })).toEqual([])
  })
})
