import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CampaignDaysInput, campaignDays } from '../../../src/campaigns/campaign-days.ts'
import { type PlannedSend, type RotationMailbox, spread } from '../../../src/campaigns/spread.ts'
import { sendingWindow } from '../../../src/campaigns/window.ts'
import { civilDate } from '../../../src/core/civil-time.ts'

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri']
const office = sendingWindow(Object.fromEntries(weekdays.map((day) => [day, ['09:00-17:00']])), [])
const monday = new Date('2026-03-02T10:00:00Z')

const daysInput = (changes: Partial<CampaignDaysInput> = {}): CampaignDaysInput => ({
  dailyLimit: null,
  newLeadsPerDay: null,
  delays: [],
  window: office,
  zone: 'UTC',
  planned: new Map(),
  ...changes,
})

const mailbox = (id: string, changes: Partial<RotationMailbox> = {}): RotationMailbox => ({
  id,
  zone: 'UTC',
  dailyLimit: 500,
  minGapSeconds: 0,
  gapJitter: 0,
  state: { nextSlotAt: null, plannedOn: null, plannedCount: 0 },
  ...changes,
})

interface Scene {
  limits: Partial<CampaignDaysInput>
  zones: readonly (string | null)[]
  mailboxes: readonly RotationMailbox[]
}

function plan({ limits, zones, mailboxes }: Scene, states?: ReturnType<typeof spread>['states'], from = 0) {
  const { zone, window, ...rest } = daysInput(limits)
  return spread({
    leads: zones.map((own, at) => ({ id: `lead-${from + at}`, zone: own })),
    mailboxes: mailboxes.map((box) => ({ ...box, state: states?.get(box.id) ?? box.state })),
    window,
    zone,
    now: monday,
    seed: 7,
    days: campaignDays({ ...rest, window, zone }),
  })
}

const dueDay = ({ dueAt }: PlannedSend, zone = 'UTC') => civilDate(dueAt, zone)

function perDay(sends: readonly PlannedSend[], zone = 'UTC'): Map<string, number> {
  const counts = new Map<string, number>()
  for (const send of sends) counts.set(dueDay(send, zone), (counts.get(dueDay(send, zone)) ?? 0) + 1)
  return counts
}

const homeLeads = (count: number) => new Array<null>(count).fill(null)

describe('the spread of a campaign with limits of its own', () => {
  it('plans as many new leads a day as it may have, over the weekend and over all mailboxes', () => {
    const mailboxes = [mailbox('a'), mailbox('b')]
    const { sends } = plan({ limits: { newLeadsPerDay: 3 }, zones: homeLeads(17), mailboxes })
    expect([...perDay(sends)]).toEqual([
      ['2026-03-02', 3],
      ['2026-03-03', 3],
      ['2026-03-04', 3],
      ['2026-03-05', 3],
      ['2026-03-06', 3],
      ['2026-03-09', 2],
    ])
  })

  it('gives every mailbox its turn also where a day ends before all have had theirs', () => {
    const mailboxes = ['a', 'b', 'c', 'd'].map((id) => mailbox(id))
    const { sends } = plan({ limits: { newLeadsPerDay: 2 }, zones: homeLeads(400), mailboxes })
    for (const { id } of mailboxes)
      expect(sends.filter((send) => send.mailboxId === id).length).toBeGreaterThan(70)
  })

  it('leaves room for follow-ups, which go first', () => {
    const limits = { dailyLimit: 10, delays: [{ days: 2 }] }
    const { sends } = plan({ limits, zones: homeLeads(30), mailboxes: [mailbox('a')] })
    expect([...perDay(sends)]).toEqual([
      ['2026-03-02', 10],
      ['2026-03-03', 10],
      ['2026-03-06', 10],
    ])
  })

  it('lets the smallest of all limits decide', () => {
    const limits = { dailyLimit: 5, newLeadsPerDay: 4 }
    const { sends } = plan({ limits, zones: homeLeads(6), mailboxes: [mailbox('a', { dailyLimit: 3 })] })
    expect([...perDay(sends).values()]).toEqual([3, 3])
  })

  it('begins behind what is planned already', () => {
    const limits = { newLeadsPerDay: 2, planned: new Map([['2026-03-02', 2]]) }
    const { sends } = plan({ limits, zones: homeLeads(1), mailboxes: [mailbox('a')] })
    expect(sends.map((send) => dueDay(send))).toEqual(['2026-03-03'])
  })
})

describe('any plan of a campaign with limits', () => {
  const zone = fc.constantFrom('UTC', 'America/New_York', 'Pacific/Auckland')
  const scenes = fc.record({
    limits: fc.record({
      zone,
      dailyLimit: fc.option(fc.integer({ min: 1, max: 9 })),
      newLeadsPerDay: fc.option(fc.integer({ min: 1, max: 9 })),
      delays: fc.array(fc.record({ days: fc.integer({ min: 0, max: 4 }) }), { maxLength: 3 }),
    }),
    zones: fc.array(fc.option(zone), { maxLength: 60 }),
    mailboxes: fc
      .array(
        fc.record({
          zone,
          dailyLimit: fc.integer({ min: 1, max: 9 }),
          minGapSeconds: fc.constantFrom(0, 3600),
        }),
        {
          minLength: 1,
          maxLength: 3,
        },
      )
      .map((list) => list.map((changes, at) => mailbox(`m${at}`, changes))),
  })

  it('keeps the limits of every day', () => {
    fc.assert(
      fc.property(scenes, (scene) => {
        const { dailyLimit, newLeadsPerDay, zone: own } = scene.limits
        const most = Math.min(dailyLimit ?? 1000, newLeadsPerDay ?? 1000)
        for (const count of perDay(plan(scene).sends, own).values()) expect(count).toBeLessThanOrEqual(most)
      }),
    )
  })

  it('is the same when it is cut anywhere and taken up from what is in the ledger', () => {
    fc.assert(
      fc.property(scenes, fc.nat(), (scene, cut) => {
        const at = scene.zones.length === 0 ? 0 : cut % scene.zones.length
        const whole = plan(scene)
        const first = plan({ ...scene, zones: scene.zones.slice(0, at) })
        const planned = perDay(first.sends, scene.limits.zone)
        const restScene = { ...scene, zones: scene.zones.slice(at), limits: { ...scene.limits, planned } }
        const rest = plan(restScene, first.states, at)
        expect([...first.sends, ...rest.sends]).toEqual(whole.sends)
      }),
    )
  })
})
