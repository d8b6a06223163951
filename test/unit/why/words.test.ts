import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { replyRules } from '../../../src/smtp/reply-rules.ts'
import { explainEmail } from '../../../src/why/email.ts'
import type { EmailRow } from '../../../src/why/facts.ts'
import { reasonWords, wordsFor } from '../../../src/why/words.ts'
import { emailFacts, inMinutes } from './facts.ts'

const rooms = ['bounces', 'campaigns', 'inbox', 'jobs', 'sending', 'smtp', 'suppression']
const src = path.join(import.meta.dirname, '../../../src')

/** Evidence of an event, what is wrong with a definition, what a report of leads counts: no reasons of the ledger. */
const otherCodes = new Set([
  'proven_by_answer',
  'found_in_mailbox',
  'found_by_receiver',
  'resolved_by_operator',
  'custom',
  'launch',
  'enrolment',
])

const patterns = [
  /\b\w*code\s*[:=]\s*'([a-z][a-z_]+)'/g,
  /\b\w*code\s*[:=][^\n]*? \? '([a-z][a-z_]+)'/g,
  /\b\w*code\s*[:=][^\n]*? \? '\w+' : '([a-z][a-z_]+)'/g,
  /\bparked\(\s*'([a-z_]+)'/g,
  /\bthen '([a-z_]+)'(?=[^\n]* as code$)/gm,
]

function codesIn(text: string): string[] {
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].flatMap(([, code]) => code ?? []))
}

/** Every code that the source writes as the reason of an email, a lane or a sequence. */
function codesOfSource(): string[] {
  const files = rooms.flatMap((room) => globSync(`${src}/${room}/**/*.ts`))
  const written = files.flatMap((file) => codesIn(readFileSync(file, 'utf8')))
  return [...new Set(written)].filter((code) => !otherCodes.has(code))
}

const composed = [
  'recipient_rejected',
  'message_rejected',
  'recipient_deferred',
  'message_deferred',
  'aborted',
]
const codes = [
  ...new Set([...codesOfSource(), ...composed, ...replyRules.map((rule) => rule.code)]),
].toSorted()

test('the source is searched in earnest', () => {
  expect(codes.length).toBeGreaterThan(60)
  for (const code of [
    'campaign_paused',
    'lease_lapsed',
    'gap',
    'greylisted',
    'no_control',
    'mailbox_removed',
  ])
    expect(codes).toContain(code)
})

test.each(codes)('the reason code %s has words', (code) => {
  expect(reasonWords).toHaveProperty(code)
})

test.each(Object.keys(reasonWords))('the words for %s belong to a code that exists', (code) => {
  expect(codes).toContain(code)
})

const states: readonly EmailRow['status'][] = [
  'scheduled',
  'held',
  'submitting',
  'sent',
  'failed',
  'skipped',
  'unknown',
]
const ended = new Set(['sent', 'failed', 'skipped'])

describe.each(states)('an email that is %s', (status) => {
  test.each([null, ...codes])('is explained with the reason %s', (code) => {
    const facts = emailFacts({
      status,
      code,
      reason: code && 'as noted',
      attempt: 1,
      dueAt: inMinutes(30),
      sentAt: status === 'sent' ? inMinutes(-3) : null,
      leaseUntil: status === 'submitting' ? inMinutes(1) : null,
    })
    const { answer, causes } = explainEmail(facts)
    expect(answer).toMatch(/^[A-Z].{15,}\.$/)
    if (ended.has(status)) expect(causes).toEqual([])
    else expect(causes[0]?.words).toMatch(/\w+ \w+/)
    if (code && ['scheduled', 'failed', 'skipped', 'unknown'].includes(status))
      expect(answer).toContain(wordsFor(code))
  })
})
