import { expect, test } from 'vitest'
import { parseCampaignFile } from '../../../src/campaigns/campaign-file.ts'
import { compressClock } from '../../../src/lab/demo-clock.ts'

const file = (delay: string) => `
name: Spring
timezone: Europe/Berlin
mailboxes: all
window: { days: mon-fri, hours: "09:00-17:00" }
holidays: [2026-12-25]
stale_after: 2 days
steps:
  - { subject: Hello, text: Hello }
  - { delay: ${delay}, text: Hello again }
`

function compressed(delay: string) {
  const result = parseCampaignFile(file(delay))
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return compressClock(result.definition)
}

test.each([
  ['3 days', 9],
  ['1 week 2 days', 27],
  ['36 hours', 5],
  ['5 minutes', 1],
])('a delay of %s takes %i s', (delay, seconds) => {
  expect(compressed(delay).steps.map((step) => step.delay)).toEqual([{}, { seconds }])
})

test('the window is always open, and nothing goes stale', () => {
  const { configuration } = compressed('3 days')
  expect(Object.values(configuration.window)).toEqual(Array(7).fill(['00:00-24:00']))
  expect(configuration.holidays).toEqual([])
  expect(configuration.staleAfter).toBeUndefined()
})
