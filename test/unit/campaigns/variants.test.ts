import { expect, test } from 'vitest'
import { findUnrenderable } from '../../../src/campaigns/trial.ts'
import { chooseVariant, contentOf, variantName } from '../../../src/campaigns/variants.ts'

const lead = { id: 'lead-1', email: 'asa@example.com', first_name: null, last_name: null, company: null }
const step = {
  ...{ id: 'hello', position: 1, name: 'hello', subject: '', html: null, text: null, delay: {} },
  quotePrevious: false,
  variants: [
    { weight: 1, subject: 'Short', html: null, text: 'A word?' },
    { weight: 3, subject: 'Long', html: null, text: '{% if company == blank %}{% else %}Well?{% endif %}' },
  ],
}

test('variants get as many leads as they weigh, and a lead the same one each time', () => {
  const choose = (leadId: string) => chooseVariant([1, 3, 6], { seed: 7, leadId, stepId: 's' })
  const counts = [0, 0, 0, 0]
  for (let n = 0; n < 10_000; n += 1) {
    const variant = choose(`lead-${n}`) ?? 0
    expect(choose(`lead-${n}`)).toBe(variant)
    counts[variant] = (counts[variant] ?? 0) + 1
  }
  // Five standard deviations of a binomial.
  for (const [at, share] of [0, 0.1, 0.3, 0.6].entries())
    expect(Math.abs((counts[at] ?? 0) - 10_000 * share)).toBeLessThanOrEqual(
      5 * Math.sqrt(10_000 * share * (1 - share)),
    )
})

test('which variant of one step a lead gets says nothing of the next', () => {
  const both = { 'A A': 0, 'A B': 0, 'B A': 0, 'B B': 0 }
  for (let n = 0; n < 4000; n += 1) {
    const choose = (stepId: string) => variantName(chooseVariant([1, 1], { seed: 7, leadId: `${n}`, stepId }))
    both[`${choose('s')} ${choose('t')}` as keyof typeof both] += 1
  }
  for (const count of Object.values(both)) expect(count).toBeGreaterThan(850)
})

test('a step without variants says its own, and one that is gone says so', () => {
  expect(chooseVariant([], { seed: 7, leadId: 'l', stepId: 's' })).toBeNull()
  expect(contentOf({ ...step, subject: 'Own', variants: [] }, null).subject).toBe('Own')
  expect(contentOf(step, 2).subject).toBe('Long')
  expect(() => contentOf(step, 3)).toThrow(/no longer has the variant C/)
})

test('a launch tries every variant, not only the one of the first lead', () => {
  const base = { lead: { ...lead, position: null, timezone: null, metadata: {} }, seed: 7, zone: 'UTC' }
  const mailbox = { fromName: 'Jane', address: 'jane@rookery.test' }
  const sentAt = new Date('2026-03-02T12:00:00Z')
  expect(findUnrenderable([step], { ...base, mailbox }, sentAt)).toMatch(/step hello.*is empty/)
  const sound = { ...step, variants: step.variants.slice(0, 1) }
  expect(findUnrenderable([sound], { ...base, mailbox }, sentAt)).toBeUndefined()
})
