import { expect, test } from 'vitest'
import { answerOf, demoAnswers } from '../../../src/lab/demo-answers.ts'

const recipients = Array.from({ length: 20_000 }, (_, at) => `lead${at}@acorn.test`)

test('recipients answer as often as the table says, the same one always the same way', () => {
  const counts = Map.groupBy(recipients, (recipient) => answerOf(recipient)?.format)
  for (const { format, perThousand } of demoAnswers) {
    const share = (counts.get(format)?.length ?? 0) / 20
    expect(Math.abs(share - perThousand), format).toBeLessThan(1.5)
  }
  expect(recipients.map((recipient) => answerOf(recipient))).toEqual(
    recipients.map((recipient) => answerOf(recipient)),
  )
})

test('a recipient whose server misbehaves stays silent', () => {
  const misbehaving = recipients.map((recipient) => recipient.replace('acorn.test', 'drop-after-dot.test'))
  expect(misbehaving.filter(answerOf)).toEqual([])
})
