import { describe, expect, test } from 'vitest'
import { filedAfter, reactionTo } from '../../../src/warmup/human-time.ts'

const zone = 'America/New_York'
const reactor = { seed: 3, zone, replyShare: 0.3 }
const tokens = Array.from({ length: 600 }, (_, n) => `token-${n}`)
const minuteMs = 60_000

const react = (now: Date, changes: { depth?: number; mayAnswer?: boolean; internalDate?: Date } = {}) =>
  tokens.map((token) =>
    reactionTo({ token, depth: 1, internalDate: now, mayAnswer: true, ...changes }, reactor, now),
  )

const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'short' })

describe('what the owner of a mailbox does', () => {
  const noon = new Date('2026-03-02T17:00:00Z')

  test('is the same whenever it is asked', () => {
    expect(react(noon)).toEqual(react(noon))
  })

  test('is to open messages after minutes or hours, most of them soon', () => {
    const minutes = react(noon).map(({ actAfter }) => (actAfter.getTime() - noon.getTime()) / minuteMs)
    expect(Math.min(...minutes)).toBeGreaterThanOrEqual(4)
    expect(Math.max(...minutes)).toBeLessThan(185)
    expect(minutes.filter((after) => after < 60).length).toBeGreaterThan(tokens.length / 2)
  })

  test('is to answer the share that is asked for, 45 minutes after the message or later', () => {
    const answers = react(noon).flatMap(({ replyAfter }) => replyAfter ?? [])
    expect(answers.length / tokens.length).toBeCloseTo(0.3, 1)
    for (const at of answers) expect(at.getTime() - noon.getTime()).toBeGreaterThanOrEqual(45 * minuteMs)
  })

  test('is to answer neither the fourth message of a thread nor a program', () => {
    for (const change of [{ depth: 4 }, { mayAnswer: false }])
      expect(react(noon, change).some(({ wantsReply }) => wantsReply)).toBe(false)
    expect(react(noon, { depth: 3 }).some(({ wantsReply }) => wantsReply)).toBe(true)
  })

  test.each(['2026-03-02T02:30:00Z', '2026-03-02T07:00:00Z', '2026-03-08T06:30:00Z'])(
    'is never to act at night, found at %s',
    (found) => {
      for (const { actAfter, replyAfter } of react(new Date(found)))
        for (const at of replyAfter ? [actAfter, replyAfter] : [actAfter]) {
          expect(clock.format(at)).toMatch(/^(?:0[7-9]|1\d|2[01]):/)
        }
    },
  )

  test('is to put a message away within the hour', () => {
    const minutes = tokens.map((token) => (filedAfter(token, noon, 3).getTime() - noon.getTime()) / minuteMs)
    expect(Math.min(...minutes)).toBeGreaterThanOrEqual(5)
    expect(Math.max(...minutes)).toBeLessThan(45)
  })
})
