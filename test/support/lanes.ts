import { newId } from '../../src/core/ids.ts'
import type { Db } from '../../src/db/connect.ts'
import { createWindowOpening } from '../../src/jobs/sending/window-opening.ts'
import {
  type ClaimAnswer,
  type ClaimedEmail,
  type ClaimOptions,
  type ClaimRequest,
  claimEmails,
} from '../../src/sending/claim-emails.ts'
import type { LaneRef } from '../../src/sending/lane-state.ts'
import { type SettlementInput, settleEmails } from '../../src/sending/settle-store.ts'
import type { Email, Mailbox } from './factories.ts'

export const claimOptions: ClaimOptions = {
  leaseSeconds: 30,
  windowOpening: createWindowOpening(),
  random: () => 0,
}

export function laneOf(
  mailbox: Pick<Mailbox, 'tenant_id' | 'id'>,
  lane: LaneRef['lane'] = 'normal',
): LaneRef {
  return { tenantId: mailbox.tenant_id, mailboxId: mailbox.id, lane }
}

/** A claim of its own for up to `wanted` emails of the lane. */
export function claimOf(
  mailbox: Pick<Mailbox, 'tenant_id' | 'id'>,
  wanted: number,
  lane: LaneRef['lane'] = 'normal',
): ClaimRequest {
  return { ...laneOf(mailbox, lane), wanted, claimId: newId() }
}

/** Claims in one transaction; an answer for each request. */
export function claim(db: Db, ...requests: ClaimRequest[]): Promise<ClaimAnswer[]> {
  return db.transaction().execute((trx) => claimEmails(trx, requests, claimOptions))
}

export async function claimFor(
  db: Db,
  mailbox: Pick<Mailbox, 'tenant_id' | 'id'>,
  wanted: number,
): Promise<ClaimedEmail[]> {
  const [answer] = await claim(db, claimOf(mailbox, wanted))
  return answer?.emails ?? []
}

const outcomes = {
  sent: { code: null, reason: null, giveBack: false, replyCode: 250 },
  unknown: { code: 'reply_timeout', reason: 'no reply', giveBack: false, replyCode: null },
  scheduled: { code: 'greylisted', reason: '450 later', giveBack: true, replyCode: 450 },
  failed: { code: 'recipient_rejected', reason: '550 no such user', giveBack: true, replyCode: 550 },
} as const

/** What a submission came to just now. */
export function outcomeOf(
  email: Pick<ClaimedEmail, 'tenantId' | 'id' | 'attempt' | 'budgetKeys'>,
  status: keyof typeof outcomes,
  overrides: Partial<SettlementInput> = {},
): SettlementInput {
  const { tenantId, id, attempt, budgetKeys } = email
  return {
    tenantId,
    id,
    attempt,
    budgetKeys,
    status,
    ...outcomes[status],
    agoMs: 0,
    delaySeconds: 0,
    countsAsFailure: false,
    enhancedStatus: null,
    replyText: null,
    serverMessageId: null,
    subject: null,
    ...overrides,
  }
}

export function settle(db: Db, ...settlements: SettlementInput[]): Promise<Set<string>> {
  return db.transaction().execute((trx) => settleEmails(trx, settlements))
}

export function findEmail(db: Db, { id }: { id: string }): Promise<Email> {
  return db.selectFrom('emails').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

export async function countByStatus(db: Db, mailbox: { id: string }): Promise<Record<string, number>> {
  const rows = await db
    .selectFrom('emails')
    .select(['status', (eb) => eb.fn.countAll<number>().as('count')])
    .where('email_account_id', '=', mailbox.id)
    .groupBy('status')
    .execute()
  return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]))
}

/** What the mailbox has taken: of each of its days, in the last 24 hours, and when its gap ends. */
export async function readBudgets(db: Db, mailbox: { id: string }) {
  const rows = await db
    .selectFrom('send_budgets')
    .selectAll()
    .where('key', 'like', `mailbox/${mailbox.id}/%`)
    .orderBy('key')
    .execute()
  const ofKind = (kind: string) => rows.filter(({ key }) => key.includes(`/${kind}`))
  return {
    days: ofKind('day/').map(({ used }) => used),
    rolling: ofKind('24h')
      .flatMap(({ buckets }) => buckets)
      .reduce((sum, taken) => sum + taken, 0),
    gapEndsAt: ofKind('gap')[0]?.ready_at ?? null,
  }
}

export async function listEvents(db: Db, { id }: { id: string }) {
  return db
    .selectFrom('email_events')
    .select(['type', 'class', 'attempt', 'data', 'occurred_at', 'sent_on'])
    .where('email_id', '=', id)
    .orderBy('recorded_at')
    .execute()
}

export async function listWakes(db: Db, mailbox: { id: string }) {
  return db
    .selectFrom('lane_wakes')
    .selectAll()
    .where('email_account_id', '=', mailbox.id)
    .orderBy('id')
    .execute()
}
