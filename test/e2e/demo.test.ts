import { chmod, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rookery } from '../support/rookery.ts'

let home: string
// biome-ignore lint/suspicious/noExplicitAny: what a stranger would read from the command line.
let demo: any
let progress: string

beforeAll(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'rookery-demo-'))
  // As root the server runs as another account, which must be able to enter.
  await chmod(home, 0o755)
  const { code, stdout, stderr } = await rookery(['demo', '--no-warmup', '--json'], {
    env: { ROOKERY_HOME: home },
    cwd: home,
  })
  // Its end names what did not agree.
  expect(code, `${stderr.slice(-4000)}\n${stdout.slice(-6000)}`).toBe(0)
  demo = JSON.parse(stdout)
  progress = stderr
}, 120_000)

afterAll(() => rm(home, { recursive: true, force: true }))

test('the demo ends with every lead accounted for and two accounts that agree', () => {
  expect(demo.imported).toMatchObject({ inserted: 982, rejected: 18 })
  const { total, byEnd } = demo.report.leads
  const { mailedBefore } = demo.answers
  expect(total).toBe(982)
  expect(byEnd).toMatchObject({ failed: 14, skipped: 6, unknown: 0 })
  // On a machine that is busy an answer may be read after the next email has left.
  expect(byEnd.finished - mailedBefore).toBe(927)
  expect(byEnd.waiting + byEnd.stopped + mailedBefore).toBe(35)
  expect(demo.comparison).toEqual({
    accepted: 2832 + mailedBefore,
    sent: 2832 + mailedBefore,
    unknownArrived: 0,
    unknownLost: 0,
    twice: [],
    missing: [],
    unexpected: [],
    suppressed: [],
    agree: true,
  })
  // Two leads' three emails each, cut off after the dot.
  expect(demo.foundInSent).toBe(6)
  expect(demo.lateDeliveries).toEqual([
    { code: 'greylisted', count: 12 },
    { code: 'mailbox_full', count: 3 },
  ])
  expect(demo.totalSeconds).toBeLessThan(60)
  expect(progress).toContain('planned 982, sent')
})

test('every answer that came back in the demo is found, and nobody is mailed after it', () => {
  expect(demo.answers).toMatchObject({
    made: 40,
    missing: [],
    surplus: 0,
    mailedAfter: [],
    wrongEnds: [],
    agree: true,
  })
  const counts = demo.answers.rows.map(({ kind, made, found }: Record<string, unknown>) => [
    kind,
    made,
    found,
  ])
  expect(counts).toEqual([
    ['hard', 2, 2],
    ['hard', 2, 2],
    ['hard', 2, 2],
    ['hard', 3, 3],
    ['hard', 2, 2],
    ['soft', 3, 3],
    ['delayed', 3, 3],
    ['complaint', 2, 2],
    ['out_of_office', 3, 3],
    ['out_of_office', 2, 2],
    ['auto_reply', 2, 2],
    ['unsubscribe', 3, 3],
    ['unsubscribe', 3, 3],
    ['reply', 4, 4],
    ['reply', 4, 4],
  ])
})

test('the second campaign of the demo mails nobody who is suppressed', () => {
  expect(demo.suppressions).toEqual([
    { reason: 'invalid_recipient', source: 'bounce', count: 21 },
    { reason: 'unsubscribe', source: 'unsubscribe', count: 6 },
    { reason: 'asked not to be mailed', source: 'operator', count: 4 },
    { reason: 'complaint', source: 'complaint', count: 2 },
  ])
  expect(demo.second).toEqual({
    name: 'Einladung zur Werkschau',
    leads: 982,
    sent: 943,
    suppressed: { invalid_recipient: 21, unsubscribe: 6, 'asked not to be mailed': 6, complaint: 2 },
    mailedAgain: [],
    wronglySkipped: [],
    notSkipped: [],
    agree: true,
  })
})

test('the figures of the demo are what its readers did, machines apart', () => {
  const { counted } = demo
  expect(counted).toMatchObject({ differences: 0, agree: true, found: counted.made })
  const { opened, clicked, machineOpens, machineClicks } = counted.made
  for (const count of [opened, clicked, machineOpens, machineClicks]) expect(count).toBeGreaterThan(50)
})

test('all that is derived of what the demo did is what it is derived from', async () => {
  const env = { ROOKERY_HOME: path.join(home, 'demo') }
  const audit = await rookery(['analytics', 'audit', '--json'], { env, cwd: home })
  expect(audit, audit.stdout.slice(0, 4000)).toMatchObject({ code: 0, stdout: '[]\n' })
  const usage = await rookery(['billing', 'usage', '--all', '--json'], { env, cwd: home })
  const sent = JSON.parse(usage.stdout).reduce(
    (sum: number, month: { emails_sent: number }) => sum + month.emails_sent,
    0,
  )
  expect(sent).toBe(demo.comparison.sent)
}, 60_000)
