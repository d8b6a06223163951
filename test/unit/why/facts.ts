import type { EmailFacts, EmailRow, LaneFacts } from '../../../src/why/facts.ts'

const now = new Date('2026-03-10T12:00:00Z')
export const inMinutes = (minutes: number) => new Date(now.getTime() + minutes * 60_000)

/** A lane that nothing keeps, in a fleet that works. */
function laneFacts(overrides: Partial<LaneFacts> = {}): LaneFacts {
  return {
    now,
    fleet: { schedulerSilentSeconds: 1, recoveryNeeded: false },
    tenant: { id: 'tenant', name: 'acme', status: 'active' },
    mailbox: {
      id: 'mailbox',
      address: 'robin@acme.test',
      status: 'active',
      statusReason: null,
      pausedUntil: null,
      guardPaused: false,
    },
    lane: 'normal',
    blockedCode: null,
    blockedReason: null,
    blockedUntil: null,
    host: { name: 'smtp.acme.test:587', openedUntil: null, lastFailure: null },
    budget: { daily: 50, left: 50, block: null },
    job: null,
    runningBeside: 0,
    wakeAt: null,
    ...overrides,
  }
}

/** A scheduled email that is due and that nothing keeps. */
export function emailFacts(
  email: Partial<EmailRow> = {},
  { lane, ...facts }: Partial<Omit<EmailFacts, 'email' | 'lane'>> & { lane?: Partial<LaneFacts> } = {},
): EmailFacts {
  return {
    email: {
      id: 'email',
      to: 'ada@example.test',
      status: 'scheduled',
      dueAt: inMinutes(-1),
      attempt: 0,
      code: null,
      reason: null,
      replyCode: null,
      enhancedStatus: null,
      replyText: null,
      claimedAt: null,
      leaseUntil: null,
      sentAt: null,
      updatedAt: inMinutes(-5),
      bouncedAt: null,
      bounceReason: null,
      complainedAt: null,
      repliedAt: null,
      duplicateSuspected: false,
      looks: 0,
      nextLookAt: null,
      parkedCode: null,
      parkedReason: null,
      ...email,
    },
    lane: laneFacts(lane),
    campaign: { name: 'Autumn', status: 'active', statusReason: null, guardPaused: false, step: 1 },
    enrolment: {
      status: 'active',
      stoppedCode: null,
      stoppedReason: null,
      endedAt: null,
      heldUntil: null,
      planAt: null,
    },
    suppression: null,
    cooldown: null,
    limit: null,
    ...facts,
  }
}
