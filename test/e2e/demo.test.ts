import { chmod, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rookery } from '../support/rookery.ts'

let home: string

beforeAll(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'rookery-demo-'))
  // As root the server runs as another account, which must be able to enter.
  await chmod(home, 0o755)
})

afterAll(() => rm(home, { recursive: true, force: true }))

test('the demo ends with every lead accounted for and two accounts that agree', async () => {
  const { code, stdout, stderr } = await rookery(['demo', '--json'], {
    env: { ROOKERY_HOME: home },
    cwd: home,
  })
  expect({ code, stderr }).toMatchObject({ code: 0 })
  const demo = JSON.parse(stdout)
  expect(demo.imported).toMatchObject({ inserted: 982, rejected: 18 })
  const { total, byEnd } = demo.report.leads
  expect(byEnd).toEqual({ finished: 960, waiting: 0, stopped: 0, failed: 14, skipped: 6, unknown: 2 })
  expect(total).toBe(982)
  expect(demo.comparison).toEqual({
    accepted: 1922,
    sent: 1920,
    unknownArrived: 2,
    unknownLost: 0,
    twice: [],
    missing: [],
    unexpected: [],
    suppressed: [],
    agree: true,
  })
  expect(demo.lateDeliveries).toEqual([
    { code: 'greylisted', count: 12 },
    { code: 'mailbox_full', count: 3 },
  ])
  expect(demo.totalSeconds).toBeLessThan(60)
  expect(stderr).toContain('planned 1,942')
})
