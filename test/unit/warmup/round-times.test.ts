import { describe, expect, test } from 'vitest'
import type { OpenExchange } from '../../../src/warmup/round.ts'
import { hasWork, nextRoundAt } from '../../../src/warmup/round-times.ts'

const now = new Date('2026-03-02T12:00:00Z')
const minutes = (count: number) => new Date(now.getTime() + count * 60_000)
const open = (changes: Partial<OpenExchange>): OpenExchange => ({
  id: 'e1',
  token: 't1',
  partner: 'bea@b.test',
  depth: 1,
  plannedAt: minutes(-60),
  foundAt: null,
  placement: null,
  actAfter: null,
  wantsReply: false,
  replyAfter: null,
  done: [],
  ...changes,
})
const found = (changes: Partial<OpenExchange>) => open({ foundAt: minutes(-50), ...changes })
const acted = (changes: Partial<OpenExchange>) =>
  found({ actAfter: minutes(-40), done: ['read', 'flagged'], ...changes })

const next = (...exchanges: OpenExchange[]) =>
  Math.round((nextRoundAt(exchanges, 1, now).getTime() - now.getTime()) / 60_000)

describe('the next round', () => {
  test.each<[string, OpenExchange[], number]>([
    ['is an hour away when nothing is open', [], 60],
    ['is when a message may have arrived', [open({ plannedAt: minutes(30) })], 33],
    ['is half an hour later when it has not', [open({ plannedAt: minutes(-20) })], 30],
    ['is within the hour when it has not for days', [open({ plannedAt: minutes(-3000) })], 60],
    ['is when a message is to be opened', [found({ actAfter: minutes(25) })], 25],
    ['is when it is to be answered', [acted({ wantsReply: true, replyAfter: minutes(41) })], 41],
    ['is the first of all', [found({ actAfter: minutes(25) }), open({ plannedAt: minutes(14) })], 17],
    ['is never sooner than in ten minutes', [found({ actAfter: minutes(1) })], 10],
  ])('%s', (_, exchanges, expected) => {
    expect(next(...exchanges)).toBe(expected)
  })
})

describe('a session with the server', () => {
  test.each<[string, OpenExchange, boolean]>([
    ['is of use when a message may have come', open({}), true],
    ['is of no use before one can have come', open({ plannedAt: minutes(1) }), false],
    ['is of no use before one is to be opened', found({ actAfter: minutes(5) }), false],
    ['is of no use before one is to be answered', acted({ wantsReply: true, replyAfter: minutes(5) }), false],
    ['is of use when one is to be put away', acted({ actAfter: minutes(-60) }), true],
  ])('%s', (_, exchange, expected) => {
    expect(hasWork([exchange], 1, now)).toBe(expected)
  })
})
