import { describe, expect, test } from 'vitest'
import { compareAccounts } from '../../../src/lab/demo-accounts.ts'

/** What a provider says that has accepted these Message-IDs, each as often as it is named. */
function provider(...messageIds: string[]) {
  const times = (id: string) => messageIds.filter((other) => other === id).length
  const counts = Object.fromEntries(messageIds.map((id) => [id, times(id)]))
  return {
    accepted: messageIds.length,
    bytes: 0,
    messageIds: Object.keys(counts).length,
    duplicates: Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 1)),
    connections: { open: 0, peak: 0, total: 0 },
    reached: {},
    list: {
      messageIds: counts,
      refs: {},
      recipients: Object.fromEntries(messageIds.map((id) => [`${id}@r.test`, 1])),
    },
  }
}

const sent = (messageId: string) => ({ messageId, status: 'sent' })
const unknown = (messageId: string) => ({ messageId, status: 'unknown' })
const nobody = () => false

describe('the accounts', () => {
  test('agree when what was accepted is what was sent, and unknown ones that arrived', () => {
    const comparison = compareAccounts(
      [sent('a'), sent('b'), unknown('c'), unknown('d'), { messageId: 'e', status: 'failed' }],
      provider('a', 'b', 'c'),
      nobody,
    )
    expect(comparison).toMatchObject({ accepted: 3, sent: 2, unknownArrived: 1, unknownLost: 1, agree: true })
  })

  test.each([
    ['a message was accepted twice', [sent('a')], provider('a', 'a'), { twice: ['a'] }],
    ['a sent one was not accepted', [sent('a'), sent('b')], provider('a'), { missing: ['b'] }],
    [
      'a failed one was accepted',
      [{ messageId: 'a', status: 'failed' }],
      provider('a'),
      { unexpected: ['a'] },
    ],
    ['one was accepted that is in no ledger', [], provider('a'), { unexpected: ['a'] }],
  ])('do not agree when %s', (_name, ledger, account, fault) => {
    expect(compareAccounts(ledger, account, nobody)).toMatchObject({ ...fault, agree: false })
  })

  test('do not agree when somebody suppressed was mailed', () => {
    const comparison = compareAccounts([sent('a')], provider('a'), (recipient) => recipient === 'a@r.test')
    expect(comparison).toMatchObject({ suppressed: ['a@r.test'], agree: false })
  })
})
