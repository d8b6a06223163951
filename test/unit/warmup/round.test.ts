import { describe, expect, test } from 'vitest'
import { decideRound, type FoundMessage, type OpenExchange } from '../../../src/warmup/round.ts'

const at = (time: string) => new Date(`2026-03-${time}:00Z`)
const policy = { seed: 7, zone: 'Europe/Berlin', replyShare: 0.3, mayWrite: true }

const planned = (changes: Partial<OpenExchange> = {}): OpenExchange => ({
  id: 'e1',
  token: 't1',
  partner: 'bea@b.test',
  depth: 1,
  plannedAt: at('02T08:00'),
  foundAt: null,
  placement: null,
  actAfter: null,
  wantsReply: false,
  replyAfter: null,
  done: [],
  ...changes,
})

const found = (changes: Partial<OpenExchange> = {}): OpenExchange =>
  planned({ foundAt: at('02T08:10'), placement: 'inbox', actAfter: at('02T09:00'), ...changes })

const message = (changes: Partial<FoundMessage> = {}): FoundMessage => ({
  token: 't1',
  folder: 'inbox',
  uid: 4,
  internalDate: at('02T08:05'),
  flags: new Set(),
  from: 'bea@b.test',
  messageId: '<t1@b.test>',
  references: [],
  subject: 'Lunch?',
  mayAnswer: true,
  ...changes,
})

const decide = (
  exchange: OpenExchange,
  messages: FoundMessage[],
  now: string,
  { complete = true, ...change } = {} as { complete?: boolean; mayWrite?: boolean },
) => decideRound([exchange], messages, { ...policy, ...change }, at(now), complete)

const stepsOf = (...of: Parameters<typeof decide>) => decide(...of).actions.map(({ step }) => step)

describe('a message that is found for the first time', () => {
  test('is noted with its place, and acted on later', () => {
    const round = decide(planned(), [message({ folder: 'junk' })], '02T08:10')
    expect(round.arrivals).toMatchObject([{ placement: 'junk' }])
    expect(round.arrivals[0]?.actAfter.getTime()).toBeGreaterThan(at('02T08:13').getTime())
    expect(round.actions).toEqual([])
    expect(round.endings).toEqual([])
  })

  test('is not taken from somebody else who repeats its token', () => {
    const forged = message({ from: 'eve@evil.test', internalDate: at('02T08:01') })
    expect(decide(planned(), [forged], '02T08:10').arrivals).toEqual([])
    const both = decide(found(), [message({ uid: 9, internalDate: at('02T08:07') }), message()], '02T09:01')
    expect(both.actions.every(({ message: { uid } }) => uid === 4)).toBe(true)
  })
})

describe('a message that was found', () => {
  test('is left alone until its time', () => {
    expect(stepsOf(found(), [message()], '02T08:59')).toEqual([])
  })

  test('is opened and flagged, and put away later', () => {
    expect(stepsOf(found(), [message()], '02T09:00')).toEqual(['read', 'flagged'])
    expect(stepsOf(found({ done: ['read', 'flagged'] }), [message()], '02T09:01')).toEqual([])
    expect(stepsOf(found({ done: ['read', 'flagged'] }), [message()], '02T09:50')).toEqual(['filed'])
  })

  test('is rescued from Junk once', () => {
    const junk = found({ placement: 'junk' })
    expect(stepsOf(junk, [message({ folder: 'junk' })], '02T09:00')).toEqual(['rescued', 'read', 'flagged'])
    expect(stepsOf({ ...junk, done: ['rescued'] }, [message({ folder: 'junk' })], '02T09:00')).toEqual([
      'read',
      'flagged',
    ])
  })

  test('is said to be rescued where a round ended before it could say so', () => {
    expect(stepsOf(found({ placement: 'junk' }), [message()], '02T09:00')[0]).toBe('rescued')
  })

  test('is said to be filed where a round ended before it could say so', () => {
    const done = ['read', 'flagged'] as const
    expect(stepsOf(found({ done }), [message({ folder: 'filed' })], '02T09:01')).toEqual(['filed'])
  })

  const answered = found({ wantsReply: true, replyAfter: at('02T10:00'), done: ['read', 'flagged'] })

  test('is answered once, and put away only then', () => {
    expect(stepsOf(answered, [message()], '02T09:59')).toEqual([])
    expect(stepsOf(answered, [message()], '02T10:00')).toEqual(['replied'])
    expect(stepsOf({ ...answered, done: [...answered.done, 'replied'] }, [message()], '02T10:50')).toEqual([
      'filed',
    ])
  })

  test.each([
    ['that a program sent', message({ mayAnswer: false }), true, '02T10:50'],
    ['in a mailbox that is paused', message(), false, '02T10:50'],
    ['that is older than a week', message(), true, '09T08:06'],
  ])('is not answered %s', (_, received, mayWrite, now) => {
    expect(stepsOf(answered, [received], now, { mayWrite })).toEqual(['filed'])
  })
})

describe('an exchange ends', () => {
  test('when its message was deleted, and every folder was read', () => {
    expect(decide(found(), [], '02T09:00').endings).toMatchObject([{ note: 'somebody deleted or moved it' }])
    expect(decide(found(), [], '02T09:00', { complete: false }).endings).toEqual([])
  })

  test('when its message did not come within a week', () => {
    expect(decide(planned(), [], '09T07:59').endings).toEqual([])
    expect(decide(planned(), [], '09T08:01').endings).toMatchObject([{ note: 'it never came' }])
  })

  test('when its message could not be put away within two weeks', () => {
    expect(decide(found(), [message()], '16T09:00').endings).toHaveLength(1)
  })
})
