import { expect, test } from 'vitest'
import { runFaults } from '../../faults/run.ts'

// The short form of `npm run test:faults`.
test('under faults of every kind nothing is sent twice, lost, or over a cap', async () => {
  const { problems, injected, verdict, restedAfterSeconds } = await runFaults({
    seed: 5,
    seconds: 6,
    everyMs: 300,
    rate: 30,
    leadsPerWave: 60,
    mailboxesPerTenant: 3,
    mailboxesOfHangingHost: 20,
    emailsPerCappedMailbox: 4,
    drainSeconds: 90,
    settings: {
      ROOKERY_SENDING_LEASE_SECONDS: '5',
      ROOKERY_RECONCILE_LOOKS: '1s,2s,6s',
      ROOKERY_RECONCILE_GRACE_SECONDS: '5',
    },
  })
  expect(problems).toEqual([])
  expect(injected).toBeGreaterThan(5)
  expect(verdict.accepted).toBeGreaterThan(200)
  // The caps were really met. Not by all four: one may hold its place of the day for an email in doubt or put off.
  expect(verdict.atCap).toBeGreaterThan(0)
  expect(restedAfterSeconds).toBeDefined()
})
