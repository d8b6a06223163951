import { describe, expect, test } from 'vitest'
import { type AnswerPolicy, type Consequence, decideConsequence } from '../../../src/inbox/consequence.ts'
import type { Triage } from '../../../src/inbox/triage.ts'

const usual: AnswerPolicy = { stopOnReply: true, stopOnAutoReply: false, stopForCompany: false }
const evidence = 'because'
const reply: Triage = { class: 'reply', newText: 'Yes.', evidence }
const absence: Triage = { class: 'auto_reply', kind: 'out_of_office', returnsOn: '2026-12-01', evidence }

const cases: [what: string, triage: Triage, policy: Partial<AnswerPolicy>, follows: object][] = [
  ['a reply', reply, {}, { event: 'replied', stop: { scope: 'campaign', code: 'replied' } }],
  [
    'a reply that stops nothing',
    reply,
    { stopOnReply: false, stopForCompany: true },
    { event: 'replied', stop: undefined, stopCompany: false },
  ],
  ['a reply for the company', reply, { stopForCompany: true }, { stopCompany: true }],
  [
    'a letter of its own',
    { class: 'other', kind: 'message', newText: '', evidence },
    {},
    { event: 'replied' },
  ],
  [
    'a newsletter',
    { class: 'other', kind: 'bulk', newText: '', evidence },
    {},
    { event: undefined, stop: undefined },
  ],
  [
    'a machine',
    { class: 'other', kind: 'machine', newText: '', evidence },
    {},
    { event: undefined, stop: undefined },
  ],
  ['an absence', absence, {}, { event: 'auto_replied', stop: undefined, holdUntil: '2026-12-01' }],
  [
    'an absence that stops',
    absence,
    { stopOnAutoReply: true },
    { stop: { scope: 'campaign', code: 'auto_replied' } },
  ],
  [
    'a request to unsubscribe',
    { class: 'unsubscribe', how: 'typed', newText: '', evidence },
    { stopOnReply: false },
    { event: 'unsubscribed', suppress: true, stop: { scope: 'lead', code: 'unsubscribed' } },
  ],
]

describe('what follows from an answer', () => {
  test.each(cases)('%s', (_what, triage, policy, follows) => {
    expect(decideConsequence(triage, { ...usual, ...policy })).toMatchObject(follows)
  })

  test.each(['report', 'complaint', 'challenge', 'warmup'] as const)('nothing from a %s', (type) => {
    const nothing: Consequence = {
      event: undefined,
      stop: undefined,
      stopCompany: false,
      holdUntil: undefined,
      suppress: false,
    }
    expect(decideConsequence({ class: type, evidence }, usual)).toEqual(nothing)
  })
})
