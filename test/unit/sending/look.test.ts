import { describe, expect, test } from 'vitest'
import {
  type Absence,
  type DoubtfulMessage,
  decideAbsent,
  lookAgainAt,
  nextLookAt,
} from '../../../src/sending/look.ts'

const unknownAt = new Date('2026-03-01T12:00:00Z')
const aged = (seconds: number) => new Date(unknownAt.getTime() + seconds * 1000)
const options = { looksSeconds: [120, 600, 3600, 21_600, 86_400], graceSeconds: 900 }
const hour = 3600

describe('when an email is looked for', () => {
  test.each([
    [0, 120],
    [119, 120],
    [120, 600],
    [700, 3600],
    // Three looks were missed: one makes up for them.
    [7 * hour, 86_400],
  ])('after %i s in doubt, the next look is at %i s', (age, next) => {
    expect(nextLookAt(unknownAt, aged(age), options.looksSeconds)).toEqual(aged(next))
  })

  test('after the last look there is none', () => {
    expect(nextLookAt(unknownAt, aged(86_400), options.looksSeconds)).toBeUndefined()
  })

  test('a look that failed is made again soon, and later the longer the doubt lasts', () => {
    expect(lookAgainAt(unknownAt, aged(130), options.looksSeconds)).toEqual(aged(250))
    expect(lookAgainAt(unknownAt, aged(86_400), options.looksSeconds)).toEqual(aged(108_000))
  })
})

describe('an email that was not found', () => {
  const message: DoubtfulMessage = {
    claimedAt: aged(-10),
    unknownAt,
    forgotten: false,
    provider: { name: 'gmail', filesSentMail: true },
    policy: 'resend_if_absent',
  }
  const absence: Absence = { folders: ['Sent', 'All'], controls: [[], [aged(-hour)]] }
  const lastLook = aged(86_400)
  const decide = (
    change: Partial<DoubtfulMessage> = {},
    seen: Absence = absence,
    now = lastLook,
    more = {},
  ) => decideAbsent({ ...message, ...change }, seen, { ...options, ...more }, now)

  test('is looked for again until the last look', () => {
    expect(decide({}, absence, aged(130))).toEqual({
      followedBy: 'look',
      at: aged(600),
      reason: 'not found in Sent and All',
    })
  })

  test('goes out again if all speaks for it that it was not sent', () => {
    expect(decide()).toMatchObject({ followedBy: 'scheduled' })
  })

  test.each<[string, Partial<DoubtfulMessage>, Absence]>([
    ['never_resend', { policy: 'never_resend' }, absence],
    ['provider_unsure', { provider: { name: 'generic', filesSentMail: false } }, absence],
    ['forgotten', { forgotten: true }, absence],
    ['no_control', {}, { ...absence, controls: [[aged(-2 * hour)], [aged(hour)]] }],
    ['no_control', {}, { folders: ['Sent'], controls: [[]] }],
    ['no_sent_folder', {}, { folders: [], controls: [] }],
  ])('is parked: %s', (code, change, seen) => {
    expect(decide(change, seen)).toMatchObject({
      followedBy: 'parked',
      code,
      reason: expect.stringMatching(/\w/),
    })
  })

  test('a message known sent an hour before or after is a control, to the second', () => {
    for (const [at, followedBy] of [
      [-hour, 'scheduled'],
      [hour, 'scheduled'],
      [hour + 1, 'parked'],
      [-hour - 1, 'parked'],
    ] as const)
      expect(decide({}, { folders: ['Sent'], controls: [[aged(at - 10)]] }), `${at}`).toMatchObject({
        followedBy,
      })
  })

  test('does not go out again before the grace is over, however early the last look is', () => {
    const early = { looksSeconds: [1, 2] }
    expect(decide({}, absence, aged(3), early)).toMatchObject({ followedBy: 'look', at: aged(900) })
    expect(decide({}, absence, aged(900), early)).toMatchObject({ followedBy: 'scheduled' })
  })
})
