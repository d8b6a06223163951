import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideHealth, healthStates, reputationScore } from '../../../src/warmup/health.ts'

const now = new Date('2027-03-10T12:00:00Z')
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000)
const facts = (inbox: number, junk: number, refused: string | null = null) => ({ inbox, junk, refused })

describe('the health of a mailbox', () => {
  test.each([
    [1, undefined],
    [2, 'watch'],
    [4, 'throttled'],
    [8, 'quarantined'],
  ])('with %i of 20 in Junk becomes %s at once', (junk, health) => {
    const standing = { health: 'healthy' as const, since: now }
    expect(decideHealth(standing, facts(20 - junk, junk), now)?.health).toBe(health)
  })

  test('is not judged by fewer than 20 deliveries', () => {
    const standing = { health: 'healthy' as const, since: daysAgo(30) }
    expect(decideHealth(standing, facts(0, 19), now)).toBeUndefined()
  })

  test('gets better by one state a day', () => {
    const standing = { health: 'throttled' as const, since: daysAgo(0.5) }
    expect(decideHealth(standing, facts(40, 0), now)).toBeUndefined()
    expect(decideHealth({ ...standing, since: daysAgo(1) }, facts(40, 0), now)?.health).toBe('watch')
    expect(decideHealth({ ...standing, health: 'watch', since: daysAgo(1) }, facts(40, 0), now)).toEqual({
      health: 'healthy',
      reason: null,
    })
  })

  test('leaves quarantine after a week, on half of its ramp, whatever the old figures say', () => {
    const standing = { health: 'quarantined' as const, since: daysAgo(6.9) }
    expect(decideHealth(standing, facts(5, 20), now)).toBeUndefined()
    expect(decideHealth({ ...standing, since: daysAgo(7) }, facts(0, 0), now)?.health).toBe('throttled')
  })

  test('a mailbox that bounces or complains is quarantined until somebody lets it out', () => {
    const standing = { health: 'healthy' as const, since: daysAgo(30) }
    const refused = facts(40, 0, 'a warmup message to it bounced')
    const before = 'healthy' as const
    expect(decideHealth(standing, refused, now)).toEqual({
      ...{ health: 'quarantined', reason: refused.refused, before },
    })
    const held = { health: 'quarantined' as const, since: daysAgo(20) }
    expect(decideHealth(held, refused, now)).toBeUndefined()
    expect(decideHealth({ ...held, before }, facts(0, 0), now)).toEqual({ health: before, reason: null })
  })

  test('never jumps over a state on its way up', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...healthStates),
        fc.nat({ max: 60 }),
        fc.nat({ max: 60 }),
        fc.nat({ max: 20 }),
        (health, inbox, junk, days) => {
          const decided = decideHealth({ health, since: daysAgo(days) }, facts(inbox, junk), now)
          if (!decided) return
          expect(healthStates.indexOf(decided.health)).toBeGreaterThanOrEqual(
            healthStates.indexOf(health) - 1,
          )
          expect(decided.health).not.toBe(health)
        },
      ),
    )
  })
})

test('reputation is what its parts say, and stays within 0 and 100', () => {
  const week = { inbox: 100, junk: 0, replies: 30, sent: 280, ceiling: 40, bounces: 0, complaints: 0 }
  expect(reputationScore(week)).toBe(100)
  expect(reputationScore({ ...week, inbox: 50, junk: 50 })).toBe(65)
  expect(reputationScore({ ...week, bounces: 1, complaints: 1 })).toBe(75)
  expect(reputationScore({ ...week, complaints: 9 })).toBe(0)
  expect(reputationScore({ ...week, inbox: 0, sent: 0, replies: 0 })).toBe(0)
})
