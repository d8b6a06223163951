import { describe, expect, test } from 'vitest'
import {
  compareAnswers,
  type LeadEnding,
  neverAgain,
  type ReceivedMessage,
} from '../../../src/lab/demo-answer-account.ts'
import { type AnswerKind, demoAnswers } from '../../../src/lab/demo-answers.ts'
import type { MadeAnswer } from '../../../src/lab/demo-mailboxes.ts'

const readAt = new Date('2026-11-21T10:00:00Z')
const earlier = new Date('2026-11-21T09:59:59Z')
const later = new Date('2026-11-21T10:00:01Z')

const made = (kind: AnswerKind, rest: Partial<MadeAnswer> = {}): MadeAnswer => ({
  kind,
  format: demoAnswers.find((answer) => answer.kind === kind)?.format ?? '',
  recipient: `${kind}@r.test`,
  messageId: `<${kind}@s.test>`,
  ...rest,
})

const received = (answer: MadeAnswer, rest: Partial<ReceivedMessage>): ReceivedMessage => ({
  type: 'report',
  status: 'processed',
  matchedBy: 'message_id',
  processedAt: readAt,
  messageId: answer.messageId,
  recipient: answer.recipient,
  autoReply: null,
  returnsOn: null,
  bounceType: null,
  ...rest,
})

const ended = ({ recipient }: MadeAnswer, end: string, code: string | null = null): LeadEnding => ({
  email: recipient,
  end,
  code,
  dueAt: null,
})

const hard = made('hard')
const bounce = received(hard, { bounceType: 'hard' })
const bounced = ended(hard, 'stopped', 'bounced')

describe('what came back', () => {
  test('agrees when each answer was read once, as what it is, and ended its lead', () => {
    const away = made('out_of_office', { returnsOn: '2026-12-01' })
    const note = received(away, { type: 'auto_reply', autoReply: 'out_of_office', returnsOn: '2026-12-01' })
    const held = { ...ended(away, 'waiting', 'held'), dueAt: new Date('2026-11-30T23:00:00Z') }
    const unsubscribe = made('unsubscribe')
    // A request of a mail program names no email: it is taken for one about the last.
    const request = received(unsubscribe, { type: 'unsubscribe', matchedBy: 'recency', messageId: '<other>' })
    const comparison = compareAnswers(
      [hard, away, unsubscribe],
      [bounce, note, request],
      [],
      [bounced, held, ended(unsubscribe, 'stopped', 'unsubscribed')],
    )
    expect(comparison).toMatchObject({ made: 3, missing: [], surplus: 0, wrongEnds: [], agree: true })
    expect(comparison.rows.map(({ ends }) => ends)).toEqual([
      { 'stopped: bounced': 1 },
      { 'held until 2026-12-01': 1 },
      { 'stopped: unsubscribed': 1 },
    ])
  })

  test.each<[string, ReceivedMessage[], object]>([
    ['it was not found', [], { missing: ['hard@r.test'] }],
    ['it was not processed', [{ ...bounce, status: 'pending' }], { missing: ['hard@r.test'] }],
    ['it was taken for another kind', [{ ...bounce, bounceType: 'soft' }], { missing: ['hard@r.test'] }],
    ['it was matched to somebody else', [{ ...bounce, recipient: 'x@r.test' }], { surplus: 1 }],
    ['it was matched to another email', [{ ...bounce, messageId: '<x>' }], { surplus: 1 }],
    ['it was stored twice', [bounce, bounce], { missing: [] }],
  ])('does not agree when %s', (_name, messages, fault) => {
    expect(compareAnswers([hard], messages, [], [bounced])).toMatchObject({ ...fault, agree: false })
  })

  test('does not agree when nobody answered', () => {
    expect(compareAnswers([], [], [], []).agree).toBe(false)
  })

  test('does not agree when a lead went on all the same', () => {
    const comparison = compareAnswers([hard], [bounce], [], [ended(hard, 'finished')])
    expect(comparison).toMatchObject({ wrongEnds: ['hard@r.test'], agree: false })
  })

  test('does not agree when somebody away is held until another day', () => {
    const away = made('out_of_office', { returnsOn: '2026-12-01' })
    const note = received(away, { type: 'auto_reply', autoReply: 'out_of_office', returnsOn: '2026-12-01' })
    const held = { ...ended(away, 'waiting', 'held'), dueAt: new Date('2026-12-03T08:00:00Z') }
    expect(compareAnswers([away], [note], [], [held])).toMatchObject({ agree: false })
  })

  test('tells a next email sent after the answer was read from one sent before', () => {
    const followUp = (claimedAt: Date) => [{ recipient: hard.recipient, claimedAt }]
    const finished = [ended(hard, 'finished')]
    expect(compareAnswers([hard], [bounce], followUp(earlier), finished)).toMatchObject({
      mailedBefore: 1,
      mailedAfter: [],
      agree: true,
    })
    expect(compareAnswers([hard], [bounce], followUp(later), [bounced])).toMatchObject({
      mailedBefore: 0,
      mailedAfter: ['hard@r.test'],
      agree: false,
    })
  })
})

test('only the dead, those who complained and those who unsubscribed are never mailed again', () => {
  const kinds = [
    'hard',
    'soft',
    'delayed',
    'complaint',
    'out_of_office',
    'auto_reply',
    'unsubscribe',
    'reply',
  ] as const
  expect(neverAgain(kinds.map((kind) => made(kind)))).toEqual([
    'hard@r.test',
    'complaint@r.test',
    'unsubscribe@r.test',
  ])
})
