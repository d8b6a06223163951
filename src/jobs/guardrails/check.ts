import type { Db, Trx } from '../../db/connect.ts'
import {
  type Breach,
  breachWords,
  countedFrom,
  type DeliveryCounts,
  decideGuard,
} from '../../guardrails/decide.ts'
import {
  listOrphanedKeys,
  raiseNotification,
  setNotificationResolved,
  setNotificationSeen,
} from '../../guardrails/notification-store.ts'
import { type GuardRules, guardRules } from '../../guardrails/rules.ts'
import {
  type GuardedSubject,
  listDeliveryCounts,
  listGuarded,
  lockGuardPaused,
  setGuardPaused,
} from '../../guardrails/store.ts'
import type { Logger } from '../../telemetry/log.ts'
import { guardKey, resumeCampaign, resumeMailbox } from './resume.ts'

interface Ports {
  db: Db
  log: Logger
}

const longestDays = 90
const guardrail = 'guardrail'

/**
 * Pauses mailboxes and campaigns whose bounces or complaints are too many, and resumes those whose rates have fallen. Any
 * number may run at once: each pauses or resumes what is still as it was looked at. Returns how many changed.
 */
export async function checkGuardrails({ db, log }: Ports, defaults: GuardRules): Promise<number> {
  const subjects = await listGuarded(db, longestDays)
  const checks = subjects.map((subject) => ({ subject, rules: rulesOf(subject, defaults, log) }))
  const counts = await listDeliveryCounts(
    db,
    checks.map(({ subject: { type, tenantId, id, ...guarded }, rules }) => {
      return { type, tenantId, id, from: countedFrom(guarded, rules, guarded.now) }
    }),
  )
  let changed = 0
  for (const [index, { subject, rules }] of checks.entries()) {
    const counted = counts[index]
    if (counted && (await act({ db, log }, subject, counted, rules))) changed += 1
  }
  for (const key of await listOrphanedKeys(db)) await setNotificationResolved(db, key, guardrail)
  return changed
}

function rulesOf(
  { tenantId, tenantSettings }: GuardedSubject,
  defaults: GuardRules,
  log: Logger,
): GuardRules {
  const { rules, problem } = guardRules(tenantSettings, defaults)
  if (problem) log.warn({ tenantId, problem }, 'guardrails.unreadable')
  return rules
}

async function act(
  { db, log }: Ports,
  subject: GuardedSubject,
  counts: DeliveryCounts,
  rules: GuardRules,
): Promise<boolean> {
  const decision = decideGuard(subject, counts, rules, subject.now)
  const { type, id } = subject
  switch (decision.kind) {
    case 'none':
      return false
    case 'stay':
      await setNotificationSeen(db, guardKey(subject))
      return false
    case 'pause': {
      const paused = await db.transaction().execute((trx) => pause(trx, subject, decision.breach, rules))
      if (paused) log.warn({ type, id, ...decision.breach }, 'guardrail.paused')
      return paused
    }
    case 'resume': {
      const resumed = await db.transaction().execute((trx) => resume(trx, subject))
      if (resumed) log.info({ type, id, ...counts }, 'guardrail.resumed')
      return resumed
    }
  }
}

async function pause(trx: Trx, subject: GuardedSubject, breach: Breach, rules: GuardRules): Promise<boolean> {
  const { type, tenantId, id, name } = subject
  const words = breachWords(breach, rules)
  if (!(await setGuardPaused(trx, subject, { code: breach.metric, reason: words }))) return false
  const again =
    `It goes on by itself ${rules.minPauseHours} hours after this at the earliest, once the rate has fallen, ` +
    `or at once: rookery ${type} resume`
  await raiseNotification(trx, {
    key: guardKey(subject),
    tenantId,
    category: guardrail,
    severity: breach.metric === 'complaint_rate' ? 'critical' : 'warning',
    title: `The ${type} ${name} was paused`,
    message: `${words}. ${again}`,
    entityType: type,
    entityId: id,
    details: breach,
  })
  return true
}

async function resume(trx: Trx, subject: GuardedSubject): Promise<boolean> {
  const { type, tenantId: tenant_id, id, pausedAt: paused_at } = subject
  if (!(await lockGuardPaused(trx, subject))) return false
  if (type === 'campaign') return resumeCampaign(trx, { tenant_id, id }, guardrail)
  await resumeMailbox(trx, { tenant_id, id, paused_at }, guardrail)
  return true
}
