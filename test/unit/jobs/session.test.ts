import { expect, test } from 'vitest'
import { runSession, type SessionPorts } from '../../../src/jobs/sending/session.ts'

test('a gap is waited for by the time of the database, not by a clock that is hours ahead of it', async () => {
  const database = new Date('2027-03-01T12:00:00Z')
  const block = { until: new Date(database.getTime() + 40), code: 'gap', reason: 'the mailbox keeps 0.04 s' }
  const wants: number[] = []
  const ports: SessionPorts = {
    clock: {
      now: () => new Date('2027-03-01T14:00:00Z'),
      monotonicMs: () => performance.now(),
    },
    claimer: {
      pending: 0,
      idle: () => Promise.resolve(),
      add({ wanted }) {
        wants.push(wanted)
        const startedAt = { wallMs: 0, monotonicMs: 0 }
        const blocked = wants.length === 1
        return Promise.resolve({
          emails: [],
          picked: 0,
          block: blocked ? block : undefined,
          now: database,
          startedAt,
        })
      },
    },
    send: () => Promise.resolve(undefined),
  }
  const limits = { connections: 1, quantumEmails: 50, quantumMs: 20_000, waitInSlotMs: 2000 }
  const lane = { tenantId: 'tenant', mailboxId: 'mailbox', lane: 'normal' } as const
  const startedMs = performance.now()
  const { end } = await runSession(lane, ports, limits, new AbortController().signal)
  expect(end).toBe('drained')
  expect(wants).toHaveLength(2)
  expect(performance.now() - startedMs).toBeGreaterThan(35)
})
