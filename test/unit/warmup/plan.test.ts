import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Member, pairKey, planDay, type Sender, timesOfDay } from '../../../src/warmup/plan.ts'

const member = (n: number, overrides: Partial<Member> = {}): Member => ({
  tenantId: `tenant${n}`,
  mailboxId: `mailbox${n}`,
  address: `m${n}@d${n}.test`,
  domain: `d${n}.test`,
  provider: `p${n % 3}`,
  pool: 'shared',
  language: 'en',
  ...overrides,
})

const facts = (pool: readonly Member[], overrides: object = {}) => ({
  pool,
  recent: new Set<string>(),
  restDays: 7,
  received: new Map<string, number>(),
  suppressed: new Map(),
  seed: 1,
  ...overrides,
})

const anyPool = fc
  .array(
    fc.record({
      tenant: fc.nat({ max: 4 }),
      domain: fc.nat({ max: 6 }),
      provider: fc.nat({ max: 2 }),
      closed: fc.boolean(),
      wanted: fc.nat({ max: 6 }),
    }),
    { maxLength: 20 },
  )
  .map((rows) =>
    rows.map(({ tenant, domain, provider, closed, wanted }, n): Sender => {
      const pool = closed && tenant === 0 ? 'closed' : 'shared'
      const names = { domain: `d${domain}.test`, provider: `p${provider}` }
      return { ...member(n, { tenantId: `tenant${tenant}`, pool, ...names }), wanted }
    }),
  )

describe('the plan of a day', () => {
  test('breaks no rule, plans no more than is wanted, and says why it is less', () => {
    fc.assert(
      fc.property(anyPool, fc.array(fc.tuple(fc.nat({ max: 19 }), fc.nat({ max: 19 }))), (pool, met) => {
        const recent = new Set(met.map(([a, b]) => pairKey(`m${a}@d${a}.test`, `m${b}@d${b}.test`)))
        const { pairings, notes } = planDay(pool, facts(pool, { recent }))
        const keys = pairings.map(({ sender, receiver }) => pairKey(sender.address, receiver.address))
        expect(new Set(keys).size).toBe(keys.length)
        for (const { sender, receiver } of pairings) {
          expect(sender.domain).not.toBe(receiver.domain)
          expect(sender.pool).toBe(receiver.pool)
          expect(sender.tenantId === receiver.tenantId).toBe(sender.pool === 'closed')
          expect(recent.has(pairKey(sender.address, receiver.address))).toBe(false)
        }
        for (const sender of pool) {
          const got = pairings.filter((one) => one.sender.mailboxId === sender.mailboxId).length
          expect(got).toBeLessThanOrEqual(sender.wanted)
          expect(notes.has(sender.mailboxId)).toBe(got < sender.wanted)
        }
      }),
    )
  })

  test('gives everybody all they want where the pool is large, and everybody about as much', () => {
    const pool = Array.from({ length: 60 }, (_, n) => ({ ...member(n), wanted: 5 }))
    const { pairings, notes } = planDay(pool, facts(pool))
    expect(pairings).toHaveLength(300)
    expect(notes.size).toBe(0)
    const received = Map.groupBy(pairings, ({ receiver }) => receiver.mailboxId)
    expect(received.size).toBe(60)
    expect(Math.max(...[...received.values()].map((all) => all.length))).toBeLessThanOrEqual(6)
    for (const sender of pool) {
      const mine = pairings.filter((one) => one.sender.mailboxId === sender.mailboxId)
      expect(new Set(mine.map(({ receiver }) => receiver.provider)).size).toBeGreaterThan(1)
    }
  })

  test('of a pool of one is empty, and says so', () => {
    const alone = { ...member(1), wanted: 3 }
    const { pairings, notes } = planDay([alone], facts([alone]))
    expect(pairings).toEqual([])
    expect(notes.get('mailbox1')).toBe('it is alone in the shared pool: nobody to write to')
    const closed = [1, 2].map((n) => ({
      ...member(n, { pool: 'closed', tenantId: 'one', domain: 'd' }),
      wanted: 1,
    }))
    expect(planDay(closed, facts(closed)).notes.get('mailbox1')).toBe(
      "its tenant's own pool has 1 other mailboxes, but none of another domain",
    )
  })

  test('names how many partners there are when they have all been met', () => {
    const pool = [1, 2].map((n) => ({ ...member(n), wanted: 2 }))
    const { pairings, notes } = planDay(pool, facts(pool))
    expect(pairings).toHaveLength(1)
    const { sender } = pairings[0] ?? expect.fail()
    expect(notes.get(sender.mailboxId)).toBe(
      '1 of 2: the shared pool has 1 partners for it, and a pair meets once in 7 days',
    )
  })
})

test('emails leave within the working day, apart from one another and off the round minute', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 60 }),
      fc.nat(),
      fc.integer({ min: 0, max: 1440 }),
      (count, seed, notBefore) => {
        const times = timesOfDay(count, seed, 'robin 2027-03-01', notBefore)
        expect(times.length).toBeLessThanOrEqual(count)
        if (notBefore < 12 * 60) expect(times).toHaveLength(count)
        for (const [n, time] of times.entries()) {
          expect(time).toBeGreaterThan(Math.max(480, notBefore - 1))
          expect(time).toBeLessThan(1113)
          expect(Math.floor(time) % 5).not.toBe(0)
          expect((time * 60) % 60).toBeGreaterThan(5)
          if (n > 0) expect(time).toBeGreaterThan(times[n - 1] ?? 0)
        }
      },
    ),
  )
})
