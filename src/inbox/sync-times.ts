import { seededHash } from '../core/seeded.ts'

/**
 * When a mailbox is synced next: each has a phase of its own in the interval, always the same, so that thousands of mailboxes
 * stay spread out however late or often a scheduler looks.
 */
export function nextSyncAt(mailboxId: string, intervalSeconds: number, now: Date): Date {
  const intervalMs = intervalSeconds * 1000
  const phaseMs = seededHash(0, mailboxId) % intervalMs
  const turn = Math.floor((now.getTime() - phaseMs) / intervalMs) + 1
  return new Date(turn * intervalMs + phaseMs)
}
