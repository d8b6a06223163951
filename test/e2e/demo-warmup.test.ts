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
    const { checks, days, mailboxes } = JSON.parse(stdout).warmup
    expect(checks).toHaveLength(6)
    expect(checks.flatMap(({ faults }: { faults: string[] }) => faults)).toEqual([])
    expect(days.map(({ ramp }: { ramp: number }) => ramp)).toEqual([8, 16, 24, 32])
    expect(mailboxes).toHaveLength(8)
    for (const { rescued, junkReceived } of mailboxes) expect(rescued).toBe(junkReceived)
  } finally {
    await rm(home, { recursive: true, force: true })
  }
})
