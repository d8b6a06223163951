import { expect, test } from 'vitest'
import type { Accepted } from '../../faults/receiver-process.ts'
import { type Cap, dayMs, judge, type LedgerRow } from '../../faults/verdict.ts'

const noon = Date.parse('2027-03-01T12:00:00Z')
const hourMs = 3_600_000
const ofRobin: Cap['covers'] = ({ sender }) => sender === 'robin@sender.test'
const caps: Cap[] = [
  { of: 'robin on a day', limit: 2, period: 'day', covers: ofRobin },
  { of: 'robin in 24 hours', limit: 2, period: dayMs, covers: ofRobin },
]

const row = (id: string, overrides: Partial<LedgerRow> = {}): LedgerRow => ({
  id,
  messageId: `<${id}@sender.test>`,
  mailboxId: 'mailbox',
  campaignId: 'campaign',
  isFollowUp: false,
  step: `campaign/lead-${id}/step`,
  status: 'sent',
  explained: true,
  parkedCode: null,
  wasUnknown: false,
  ...overrides,
})

const mail = (id: string, overrides: Partial<Accepted> = {}): Accepted => ({
  messageId: `<${id}@sender.test>`,
  ref: `ref-${id}`,
  sender: 'robin@sender.test',
  recipient: `${id}@recipient.test`,
  atMs: noon,
  ...overrides,
})

test('a ledger that says what the receiver has counted is without fault', () => {
  const rows = [row('a'), row('b'), row('c', { status: 'scheduled', messageId: null })]
  const verdict = judge(rows, [mail('a'), mail('b')], caps)
  expect(verdict).toMatchObject({ duplicates: [], lost: [], overCap: [], atCap: 2, emails: 3, accepted: 2 })
})

test('a message that came twice, a step that went out twice and a reference seen twice are duplicates', () => {
  expect(judge([row('a')], [mail('a'), mail('a', { ref: 'other' })], []).duplicates).toHaveLength(2)
  const steps = [row('a', { step: 'same' }), row('b', { step: 'same' })]
  expect(judge(steps, [mail('a'), mail('b')], []).duplicates).toEqual(['same was accepted 2 times'])
  const refs = [mail('a', { ref: 'same' }), mail('b', { ref: 'same' })]
  expect(judge([row('a'), row('b')], refs, []).duplicates).toEqual(['same was accepted 2 times'])
})

test('sent without having arrived, arrived without a row, arrived though not sent, and unexplained are lost', () => {
  expect(judge([row('a')], [], []).lost).toEqual(['a is sent, but was never accepted'])
  expect(judge([], [mail('a')], []).lost).toEqual(['<a@sender.test> was accepted, but is not in the ledger'])
  expect(judge([row('a', { status: 'scheduled' })], [mail('a')], []).lost).toEqual([
    'a is scheduled, but was accepted',
  ])
  const silent = row('a', { status: 'submitting', messageId: null, explained: false })
  expect(judge([silent], [], []).lost).toEqual(['a is submitting, and nothing says why'])
})

test('a cap of a day and one of any 24 hours are counted by when mail arrived', () => {
  const rows = ['a', 'b', 'c'].map((id) => row(id))
  const over = judge(rows, [mail('a'), mail('b'), mail('c')], caps).overCap
  expect(over).toEqual(['robin on a day: 3, of 2', 'robin in 24 hours: 3, of 2'])
  const overMidnight = [mail('a'), mail('b'), mail('c', { atMs: noon + 13 * hourMs })]
  expect(judge(rows, overMidnight, caps).overCap).toEqual(['robin in 24 hours: 3, of 2'])
  const nextDay = [mail('a'), mail('b'), mail('c', { atMs: noon + 25 * hourMs })]
  expect(judge(rows, nextDay, caps).overCap).toEqual([])
})

test('what is in doubt is resolved, missed, or rightly left', () => {
  const rows = [
    row('a', { wasUnknown: true }),
    row('b', { wasUnknown: true, status: 'unknown' }),
    row('c', { wasUnknown: true, status: 'unknown', parkedCode: 'no_control' }),
  ]
  const { unknown } = judge(rows, [mail('a'), mail('b')], [])
  expect(unknown).toEqual({ ever: 3, resolved: 1, missed: 1, left: { no_control: 1 } })
})

test('a cap counts what it covers and nothing else', () => {
  const rows = [row('a'), row('b', { isFollowUp: true }), row('c', { campaignId: 'other' })]
  const newLeads: Cap = {
    of: 'new leads',
    limit: 0,
    period: 'day',
    covers: (_, one) => one?.campaignId === 'campaign' && !one.isFollowUp,
  }
  expect(judge(rows, [mail('a'), mail('b'), mail('c')], [newLeads]).overCap).toEqual(['new leads: 1, of 0'])
})
