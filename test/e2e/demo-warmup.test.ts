import { chmod, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { rookery } from '../support/rookery.ts'

test('eight mailboxes warm up over some compressed days, by real processes and within every rule', async () => {
  const home = await mkdtemp(path.join(os.tmpdir(), 'rookery-warmup-'))
  // As root the server runs as another account, which must be able to enter.
  await chmod(home, 0o755)
  try {
    const { code, stdout, stderr } = await rookery(['demo', '--warmup', '--days', '4', '--json'], {
      env: { ROOKERY_HOME: home },
      cwd: home,
    })
    expect(code, `${stderr.slice(-4000)}\n${stdout.slice(-6000)}`).toBe(0)
    const { account, problems, report } = JSON.parse(stdout).warmup
    expect(problems).toEqual([])
    expect(account).toMatchObject({ daysOverRamp: 0, pairsTwiceADay: 0, answersOutOfThread: 0, doneTwice: 0 })
    expect(account.sent).toBeGreaterThan(50)
    expect(account.sent).toBeLessThanOrEqual(account.allowed)
    expect(account.rescued).toBe(account.junk)
    expect(account.answered).toBeGreaterThan(0)
    expect(report).toContain('█')
  } finally {
    await rm(home, { recursive: true, force: true })
  }
})
