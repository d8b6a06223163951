import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  followUpDueAt,
  type LeadToPlan,
  type PlannedSend,
  type RotationMailbox,
  type SpreadInput,
  spread,
} from '../../../src/campaigns/spread.ts'
import { nextOpen, sendingWindow } from '../../../src/campaigns/window.ts'
import { civilDate } from '../../../src/core/civil-time.ts'

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri']
const office = sendingWindow(Object.fromEntries(weekdays.map((day) => [day, ['09:00-17:00']])), [])
const monday = new Date('2026-03-02T10:00:00Z')

function mailbox(id: string, changes: Partial<RotationMailbox> = {}): RotationMailbox {
  const state = { nextSlotAt: null, plannedOn: null, plannedCount: 0 }
  return { id, zone: 'UTC', dailyLimit: 500, minGapSeconds: 0, gapJitter: 0, state, ...changes }
}

function leads(count: number, zone: string | null = null): LeadToPlan[] {
  return Array.from({ length: count }, (_, at) => ({ id: `lead-${at}`, zone }))
}

function plan(changes: Partial<SpreadInput>): PlannedSend[] {
  return spread(inputOf(changes)).sends
}

function inputOf(changes: Partial<SpreadInput>): SpreadInput {
  return {
    leads: leads(6),
    mailboxes: [mailbox('a')],
    window: office,
    zone: 'UTC',
    now: monday,
    seed: 7,
    ...changes,
  }
}

const times = (sends: readonly PlannedSend[]) => sends.map((send) => send.dueAt.toISOString())

describe('the spread of first emails', () => {
  it('takes mailboxes in turns', () => {
    const sends = plan({ mailboxes: [mailbox('a'), mailbox('b'), mailbox('c')] })
    expect(sends.map((send) => send.mailboxId)).toEqual(['a', 'b', 'c', 'a', 'b', 'c'])
  })

  it('goes on with the mailbox whose turn it is', () => {
    const first = spread(inputOf({ leads: leads(1), mailboxes: [mailbox('a'), mailbox('b')] }))
    const resumed = ['a', 'b'].map((id) => {
      const state = first.states.get(id)
      return state ? mailbox(id, { state }) : mailbox(id)
    })
    expect(plan({ leads: leads(2), mailboxes: resumed }).map((send) => send.mailboxId)).toEqual(['b', 'a'])
  })

  it('is due at once without a gap, at the first opening', () => {
    expect(new Set(times(plan({})))).toEqual(new Set(['2026-03-02T10:00:00.000Z']))
    const evening = new Date('2026-03-06T20:00:00Z')
    expect(new Set(times(plan({ now: evening })))).toEqual(new Set(['2026-03-09T09:00:00.000Z']))
  })

  it('keeps the gap of a mailbox', () => {
    expect(times(plan({ leads: leads(3), mailboxes: [mailbox('a', { minGapSeconds: 90 })] }))).toEqual([
      '2026-03-02T10:00:00.000Z',
      '2026-03-02T10:01:30.000Z',
      '2026-03-02T10:03:00.000Z',
    ])
  })

  it('goes on in the next opening when the day ends', () => {
    const sends = plan({ leads: leads(3), mailboxes: [mailbox('a', { minGapSeconds: 4 * 3600 })] })
    expect(times(sends)).toEqual([
      '2026-03-02T10:00:00.000Z',
      '2026-03-02T14:00:00.000Z',
      '2026-03-03T09:00:00.000Z',
    ])
  })

  it('lets what exceeds the daily limit go to the next day, over the weekend too', () => {
    const sends = plan({
      now: new Date('2026-03-06T12:00:00Z'),
      mailboxes: [mailbox('a', { dailyLimit: 2 })],
    })
    expect(times(sends)).toEqual([
      '2026-03-06T12:00:00.000Z',
      '2026-03-06T12:00:00.000Z',
      '2026-03-09T09:00:00.000Z',
      '2026-03-09T09:00:00.000Z',
      '2026-03-10T09:00:00.000Z',
      '2026-03-10T09:00:00.000Z',
    ])
  })

  it('leaves a full mailbox out of the rotation until its next day', () => {
    const mailboxes = [mailbox('a', { dailyLimit: 1 }), mailbox('b', { dailyLimit: 4 })]
    expect(plan({ mailboxes }).map((send) => send.mailboxId)).toEqual(['a', 'b', 'b', 'b', 'b', 'a'])
  })

  it('waits for the window of a lead in another zone', () => {
    const [near, far] = plan({ leads: [...leads(1), ...leads(1, 'America/Los_Angeles')] })
    expect(near?.dueAt.toISOString()).toBe('2026-03-02T10:00:00.000Z')
    expect(far?.dueAt.toISOString()).toBe('2026-03-02T17:00:00.000Z')
  })

  it('does not make a lead whose window is open wait for the window of the campaign', () => {
    const evening = new Date('2026-03-02T20:00:00Z')
    const [send] = plan({ now: evening, leads: leads(1, 'America/New_York') })
    expect(send?.dueAt).toEqual(evening)
  })

  it('does not let a lead in a far zone hold up the lead after it', () => {
    const mailboxes = [mailbox('a', { minGapSeconds: 60 })]
    const [far, near] = plan({ mailboxes, leads: [...leads(1, 'America/Los_Angeles'), ...leads(1)] })
    expect(far?.dueAt.toISOString()).toBe('2026-03-02T17:00:00.000Z')
    expect(near?.dueAt.toISOString()).toBe('2026-03-02T10:01:00.000Z')
  })

  it('keeps to the later day when two zones make emails due on two, so that neither exceeds the limit', () => {
    const [here, abroad] = [leads(1), leads(1, 'America/New_York')]
    const sends = plan({
      now: new Date('2026-03-02T20:00:00Z'),
      mailboxes: [mailbox('a', { dailyLimit: 3 })],
      leads: [...here, ...abroad, ...here, ...here],
    })
    expect(times(sends)).toEqual([
      '2026-03-03T09:00:00.000Z',
      '2026-03-03T14:00:00.000Z',
      '2026-03-03T09:00:00.000Z',
      '2026-03-04T09:00:00.000Z',
    ])
  })

  it('takes the zone of the campaign for a lead whose zone does not exist', () => {
    const [send] = plan({ leads: leads(1, 'Mars/Phobos'), zone: 'America/New_York' })
    expect(send?.dueAt.toISOString()).toBe('2026-03-02T14:00:00.000Z')
  })

  it('refuses to plan without a mailbox, or in a window that never opens', () => {
    expect(() => plan({ mailboxes: [] })).toThrow(/no mailbox/)
    expect(() => plan({ window: sendingWindow({}, []) })).toThrow(/does not open within a year/)
  })
})

describe('any plan', () => {
  const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland')
  const mailboxes = fc
    .array(
      fc.record({
        zone,
        dailyLimit: fc.integer({ min: 1, max: 12 }),
        minGapSeconds: fc.constantFrom(0, 0.5, 45, 600, 7200),
        gapJitter: fc.constantFrom(0, 0.25, 1),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((list) => list.map((changes, at) => mailbox(`m${at}`, changes)))
  const now = fc.date({ min: new Date('2026-03-20'), max: new Date('2026-04-10'), noInvalidDate: true })
  const mixed = fc.array(fc.option(zone), { maxLength: 60 })
  const inputs = fc.record({ zone, mailboxes, now, zones: mixed, seed: fc.integer() }).map(toInput)
  const inOneZone = fc
    .record({
      zone,
      mailboxes,
      now,
      zones: fc.array(fc.constant(null), { maxLength: 60 }),
      seed: fc.integer(),
    })
    .map(toInput)

  it('is the same whether made in one go or cut anywhere and taken up again', () => {
    fc.assert(
      fc.property(inputs, fc.nat(), (input, cut) => {
        const at = input.leads.length === 0 ? 0 : cut % input.leads.length
        const first = spread({ ...input, leads: input.leads.slice(0, at) })
        const mailboxes = input.mailboxes.map((box) => ({
          ...box,
          state: first.states.get(box.id) ?? box.state,
        }))
        const rest = spread({ ...input, mailboxes, leads: input.leads.slice(at) })
        const whole = spread(input)
        expect([...first.sends, ...rest.sends]).toEqual(whole.sends)
        expect(rest.states).toEqual(whole.states)
      }),
    )
  })

  it('never gives a mailbox more slots in a day of its own than its limit', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        expectCaps(input, spread(input).sends, (send) => send.slotAt)
      }),
    )
  })

  it('keeps the limit in the times that emails are due, where leads and campaign share a zone', () => {
    fc.assert(
      fc.property(inOneZone, (input) => {
        expectCaps(input, spread(input).sends, (send) => send.dueAt)
      }),
    )
  })

  it('spaces the slots of a mailbox by its gap, or a little more', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { sends } = spread(input)
        for (const box of input.mailboxes.filter(({ minGapSeconds }) => minGapSeconds > 0)) {
          const slots = sends
            .filter(({ mailboxId }) => mailboxId === box.id)
            .map(({ slotAt }) => slotAt.getTime())
          const gaps = slots.slice(1).map((slot, at) => slot - (slots[at] ?? 0))
          for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(box.minGapSeconds * 1000)
        }
      }),
    )
  })

  it('makes every email due in the window of its lead, not before its slot', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { sends } = spread(input)
        expect(sends.map(({ leadId }) => leadId)).toEqual(input.leads.map(({ id }) => id))
        for (const [at, send] of sends.entries()) {
          expect(nextOpen(office, input.leads[at]?.zone ?? input.zone, send.dueAt)).toEqual(send.dueAt)
          expect(send.dueAt.getTime()).toBeGreaterThanOrEqual(send.slotAt.getTime())
          expect(send.slotAt.getTime()).toBeGreaterThanOrEqual(input.now.getTime())
        }
      }),
    )
  })

  function toInput(made: {
    zone: string
    mailboxes: RotationMailbox[]
    now: Date
    zones: (string | null)[]
    seed: number
  }): SpreadInput {
    const { zones, ...rest } = made
    return { ...rest, window: office, leads: zones.map((own, at) => ({ id: `lead-${at}`, zone: own })) }
  }

  function expectCaps(input: SpreadInput, sends: PlannedSend[], timeOf: (send: PlannedSend) => Date): void {
    const counts = new Map<string, number>()
    for (const send of sends) {
      const box = input.mailboxes.find(({ id }) => id === send.mailboxId)
      const key = `${send.mailboxId} ${civilDate(timeOf(send), box?.zone ?? '')}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
      expect(counts.get(key)).toBeLessThanOrEqual(box?.dailyLimit ?? 0)
    }
  }
})

describe('a follow-up', () => {
  it.each([
    [
      'counts civil days from the email that was sent',
      '2026-03-27T09:30:00Z',
      { days: 3 },
      '2026-03-30T08:30:00.000Z',
    ],
    ['goes on to the next opening', '2026-03-06T15:59:00Z', { hours: 1 }, '2026-03-09T08:00:00.000Z'],
    [
      'takes seconds, for a compressed clock',
      '2026-03-02T10:00:00Z',
      { seconds: 2 },
      '2026-03-02T10:00:02.000Z',
    ],
  ])('%s', (_, sentAt, delay, expected) => {
    const due = followUpDueAt({ anchor: new Date(sentAt), delay, zone: 'Europe/Berlin', window: office })
    expect(due.toISOString()).toBe(expected)
  })
})
