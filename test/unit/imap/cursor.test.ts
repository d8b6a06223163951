import { describe, expect, test } from 'vitest'
import {
  type FolderCursor,
  isWanted,
  type MailboxState,
  planAfterLook,
  planSync,
} from '../../../src/imap/cursor.ts'

const since = new Date('2026-03-01T10:00:00Z')
const cursor: FolderCursor = { uidValidity: 7, lastUid: 40, highestModseq: '900', reseeding: false }
const state: MailboxState = { uidValidity: 7, uidNext: 41, highestModseq: '900' }

describe('a plan', () => {
  test('is to read from the given date when there is no cursor, with a day of slack for SEARCH', () => {
    expect(planSync(undefined, state, { since })).toEqual({
      kind: 'reseed',
      reason: 'first_time',
      fromUid: 1,
      since,
      hint: new Date('2026-02-28T10:00:00Z'),
    })
  })

  test('is to read again from a week before when the folder was renumbered', () => {
    const policy = { since, syncedAt: new Date('2026-05-10T00:00:00Z') }
    expect(planSync(cursor, { ...state, uidValidity: 8 }, policy)).toMatchObject({
      kind: 'reseed',
      reason: 'renumbered',
      fromUid: 1,
      since: new Date('2026-05-03T00:00:00Z'),
    })
  })

  test('never reaches back before the enrolment', () => {
    const policy = { since, syncedAt: new Date('2026-03-02T00:00:00Z') }
    expect(planSync(cursor, { ...state, uidValidity: 8 }, policy)).toMatchObject({ since })
  })

  test('is to go on with a reading by date that was cut off', () => {
    expect(planSync({ ...cursor, reseeding: true }, state, { since })).toMatchObject({
      kind: 'reseed',
      reason: 'resumed',
      fromUid: 41,
      since,
    })
  })

  test('is nothing when UIDNEXT and HIGHESTMODSEQ both stand still', () => {
    expect(planSync(cursor, state, { since })).toEqual({ kind: 'nothing' })
  })

  test.each<[string, MailboxState, FolderCursor]>([
    ['UIDNEXT has risen', { ...state, uidNext: 44 }, cursor],
    ['HIGHESTMODSEQ has risen and UIDNEXT lies', { ...state, highestModseq: '901' }, cursor],
    ['there is no HIGHESTMODSEQ', { uidValidity: 7, uidNext: 41 }, cursor],
    ['there is no UIDNEXT', { uidValidity: 7, highestModseq: '900' }, cursor],
    ['the last reading was not finished', state, { ...cursor, highestModseq: null }],
    ['UIDNEXT lies before the cursor', { uidValidity: 7, uidNext: 1 }, cursor],
  ])('is to look for what is new when %s', (_when, now, before) => {
    expect(planSync(before, now, { since })).toEqual({ kind: 'new', fromUid: 41 })
  })
})

describe('after the look', () => {
  const restored = { uidValidity: 7, uidNext: 20 }

  test('a folder whose UIDs went back is read again', () => {
    expect(planAfterLook(cursor, restored, { since }, 19)).toMatchObject({
      kind: 'reseed',
      reason: 'uids_went_back',
      fromUid: 1,
    })
  })

  test.each<[string, MailboxState, number]>([
    ['the newest messages were deleted', { uidValidity: 7, uidNext: 41 }, 12],
    ['UIDNEXT lies, and the last message is where it was', restored, 40],
    ['the server says no UIDNEXT', { uidValidity: 7 }, 12],
    ['all messages were deleted', { uidValidity: 7, uidNext: 41 }, 0],
  ])('it is not when %s', (_when, now, highest) => {
    expect(planAfterLook(cursor, now, { since }, highest)).toBeUndefined()
  })
})

describe('a message', () => {
  const reseed = { kind: 'reseed', reason: 'first_time', fromUid: 41, since, hint: since } as const
  const news = { kind: 'new', fromUid: 41 } as const

  test.each<[string, typeof reseed | typeof news, number, Date | undefined, boolean]>([
    ['below the range, as "n:*" gives it', news, 40, undefined, false],
    ['below the range in a reading by date', reseed, 40, since, false],
    ['that is new, however old its date', news, 41, new Date(0), true],
    ['at the date', reseed, 41, since, true],
    ['before the date', reseed, 41, new Date(since.getTime() - 1), false],
    ['without a date', reseed, 41, undefined, true],
  ])('%s', (_what, plan, uid, internalDate, wanted) => {
    expect(isWanted(plan, { uid, internalDate })).toBe(wanted)
  })
})
