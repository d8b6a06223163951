import { describe, expect, test } from 'vitest'
import { judgeWarmup, rampRange, type WarmupScenario } from '../../../src/lab/warmup-verdict.ts'
import type { HeldMessage, WarmupWitness } from '../../../src/lab/warmup-witness.ts'

const [ann, bob] = ['ann@a.test', 'bob@b.test']
const scenario: WarmupScenario = {
  mailboxes: [
    { address: ann, tenant: 'one' },
    { address: bob, tenant: 'two' },
  ],
  ramp: { start: 1, step: 0, ceiling: 1, jitter: 0 },
  days: 2,
  restDays: 2,
  folder: 'Warmup',
  plans: [ann, bob].flatMap((address) =>
    [1, 2].map((day) => ({ address, day, wanted: 1, planned: address === ann && day === 1 ? 1 : 0 })),
  ),
}

const held = (
  mailbox: string,
  folder: string,
  messageId: string,
  references: string[] = [],
): HeldMessage => ({
  mailbox,
  folder,
  messageId,
  inReplyTo: references.at(-1),
  references,
  subject: references.length > 0 ? 'Re: Lunch' : 'Lunch',
  flags: folder === 'Warmup' ? ['\\Seen', '\\Flagged'] : [],
})

const treated = (mailbox: string, messageId: string, ...moves: string[]) =>
  ['+\\Seen', '+\\Flagged', ...moves].map((what) => ({ mailbox, messageId, what }))

/** Ann writes on the first day, which lands in Junk; Bob answers on the second. Each may send one a day, and has no other partner. */
const good = (): WarmupWitness => ({
  posted: [
    { messageId: '<1>', from: ann, to: bob, day: 1, folder: 'Junk', inReplyTo: undefined },
    { messageId: '<2>', from: bob, to: ann, day: 2, folder: 'INBOX', inReplyTo: '<1>' },
  ],
  held: [
    held(ann, 'Sent', '<1>'),
    held(bob, 'Warmup', '<1>'),
    held(bob, 'Sent', '<2>', ['<1>']),
    held(ann, 'Warmup', '<2>', ['<1>']),
    held(bob, 'Junk', '<spam>'),
  ],
  changes: [
    ...treated(bob, '<1>', 'Junk → INBOX', 'INBOX → Warmup'),
    ...treated(ann, '<2>', 'INBOX → Warmup'),
  ],
  cuts: 1,
})

const faultsOf = (change: (witness: WarmupWitness) => void, of = scenario) => {
  const witness = good()
  change(witness)
  return judgeWarmup(of, witness).flatMap(({ faults }) => faults)
}

const at = <T>(list: readonly T[], place: number): T => {
  const one = list.at(place)
  if (one === undefined) throw new Error(`there is no ${place}`)
  return one
}

test('a scene in which all is well has no fault', () => {
  expect(faultsOf(() => {})).toEqual([])
})

test('the range of a ramp is its curve and what its jitter allows, never above the ceiling', () => {
  const ramp = { start: 2, step: 3, ceiling: 20, jitter: 0.15 }
  expect([1, 3, 7].map((day) => rampRange(ramp, day))).toEqual([
    { level: 2, least: 2, most: 2 },
    { level: 8, least: 7, most: 9 },
    { level: 20, least: 17, most: 20 },
  ])
})

describe('a ramp is not followed', () => {
  test('when a mailbox sends more than it allows', () => {
    expect(faultsOf(({ posted }) => posted.push({ ...at(posted, 1), messageId: '<3>' }))).toContain(
      'bob@b.test sent 2 on day 2, over the 1 that the ramp allows at most',
    )
  })

  test('when it sends less though there were partners', () => {
    const plans = scenario.plans.map((plan) => ({ ...plan, wanted: plan.planned }))
    expect(faultsOf(() => {}, { ...scenario, plans })).toEqual([
      'bob@b.test sent 0 on day 1, under the 1 that the ramp asks for',
      'ann@a.test sent 0 on day 2, under the 1 that the ramp asks for',
    ])
  })

  test('when a planned conversation was not begun, or a day was not planned', () => {
    const plans = scenario.plans.map((plan) => (plan.day === 2 ? { ...plan, planned: 1 } : plan))
    expect(faultsOf(() => {}, { ...scenario, plans })).toContain(
      'bob@b.test sent 1 on day 2, and began 0 of 1 conversations',
    )
    expect(faultsOf(() => {}, { ...scenario, plans: scenario.plans.slice(1) })).toEqual([
      'ann@a.test sent 1 on day 1, which was not planned',
    ])
  })
})

describe('a pair breaks the rules', () => {
  test('of one tenant, or of one domain', () => {
    const one = scenario.mailboxes.map((mailbox) => ({ ...mailbox, tenant: 'one' }))
    expect(faultsOf(() => {}, { ...scenario, mailboxes: one })).toContain(
      'ann@a.test wrote to bob@b.test on day 1: one tenant',
    )
    expect(faultsOf(({ posted }) => posted.push({ ...at(posted, 0), to: 'cai@a.test' }))).toContain(
      'ann@a.test wrote to cai@a.test on day 1: one domain',
    )
  })

  test('when it meets again too soon, whoever writes', () => {
    const again = { ...at(good().posted, 0), messageId: '<3>', from: bob, to: ann, day: 2 }
    const met = 'ann@a.test and bob@b.test met on days 1 and 2'
    expect(faultsOf(({ posted }) => posted.push(again))).toContain(met)
    expect(faultsOf(({ posted }) => posted.push(again), { ...scenario, restDays: 1 })).not.toContain(met)
  })
})

describe('a message is not rescued', () => {
  test('when it still lies in Junk, or nowhere', () => {
    const into = (folder: string) => (witness: WarmupWitness) => {
      at(witness.held, 1).folder = folder
    }
    expect(faultsOf(into('Junk'))).toContain('<1> came into Junk of bob@b.test, and lies Junk')
    expect(faultsOf((witness) => witness.held.splice(1, 1))).toContain(
      '<1> came into Junk of bob@b.test, and lies nowhere',
    )
  })

  test('when what is none of the pool is rescued with it', () => {
    expect(faultsOf(({ changes }) => changes.push(...treated(bob, '<spam>')))).toContain(
      '<spam> in bob@b.test is none of the pool, and was touched',
    )
  })
})

describe('an answer is not in its conversation', () => {
  const answer = (change: Partial<HeldMessage>) => (witness: WarmupWitness) => {
    Object.assign(at(witness.held, 3), change)
  }

  test('when it does not say what it answers, or what it answers is not in the mailbox that got it', () => {
    expect(faultsOf(answer({ inReplyTo: undefined }))).toContain(
      '<2> in ann@a.test answers nothing, which is not there',
    )
    expect(faultsOf((witness) => witness.held.splice(0, 1))).toContain(
      '<2> in ann@a.test answers <1>, which is not there',
    )
  })

  test('when its references do not lead there', () => {
    expect(faultsOf(answer({ references: ['<0>', '<1>'] }))).toContain(
      '<2> in ann@a.test refers to <0>, which is not there',
    )
    expect(faultsOf(answer({ references: [] }))).toContain('<2> in ann@a.test refers to , not to <1>')
  })

  test('when it has another subject', () => {
    expect(faultsOf(answer({ subject: 'Lunch' }))).toContain('<2> in ann@a.test has another subject: Lunch')
  })
})

describe('something is done twice, or not at all', () => {
  test('when a message is flagged or moved again, or was not opened', () => {
    expect(faultsOf(({ changes }) => changes.push(at(changes, 0)))).toContain(
      '<1> in bob@b.test got: +\\Flagged, +\\Seen, +\\Seen, INBOX → Warmup, Junk → INBOX',
    )
    expect(faultsOf(({ changes }) => changes.splice(0, 1))).toContain(
      '<1> in bob@b.test got: +\\Flagged, INBOX → Warmup, Junk → INBOX',
    )
  })

  test('when a message is sent or answered again', () => {
    expect(faultsOf(({ posted }) => posted.push(at(posted, 0)))).toContain('<1> was sent 2 times')
    expect(faultsOf(({ posted }) => posted.push({ ...at(posted, 1), messageId: '<3>' }))).toContain(
      '<1> by bob@b.test was answered 2 times',
    )
  })

  test('and nothing is said of it when no round was cut off', () => {
    expect(
      faultsOf((witness) => {
        witness.cuts = 0
      }),
    ).toEqual(['no round was cut off'])
  })
})
