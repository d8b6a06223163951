import { campaignConfiguration } from '../campaigns/configuration.ts'
import { type EnrolmentRef, setEnrolmentsStopped } from '../campaigns/enrolment-store.ts'
import { type Succession, succession } from '../campaigns/mailbox-gone.ts'
import {
  deleteFromRotations,
  type EnrolmentOfMailbox,
  listEnrolmentsOfMailbox,
  listOtherMailboxes,
  setEnrolmentsMailbox,
} from '../campaigns/reassign-store.ts'
import type { Db, Trx } from '../db/connect.ts'
import { type Mailbox, setMailboxPaused, setMailboxRemoved } from '../mailboxes/store.ts'
import { insertWakes } from '../sending/lane-store.ts'
import {
  isSubmitting,
  listRemovedWithWork,
  lockUnsent,
  lockUnsentOfMailbox,
  setEmailsMailbox,
  type UnsentEmail,
} from '../sending/reassign-store.ts'
import { skipEmails } from '../sending/skip-store.ts'
import { leaveWarmup } from './warmup/change.ts'

const batchSize = 1000
const code = 'mailbox_removed'

export interface Removal {
  /** Leads that another mailbox writes to from now on. */
  moved: number
  /** Leads whose sequence has ended. */
  stopped: number
  /** Emails of no campaign that were skipped. */
  skipped: number
  /** False while an email of the mailbox is on the wire: removed when it is called again. */
  removed: boolean
}

/**
 * Hands a mailbox's work on, a batch a transaction, and removes it with its passwords. Ended half-way, it leaves the
 * mailbox paused, and goes on when it is called again.
 */
export async function removeMailbox(db: Db, mailbox: Mailbox): Promise<Removal> {
  const reference = { tenantId: mailbox.tenant_id, mailboxId: mailbox.id }
  const total = { moved: 0, stopped: 0, skipped: 0 }
  await db.transaction().execute(async (trx) => {
    await leaveWarmup(trx, reference)
    await setMailboxPaused(trx, mailbox, { code: 'being_removed', reason: 'it is being removed' })
    await deleteFromRotations(trx, reference)
  })
  for (;;) {
    const batch = await db.transaction().execute((trx) => handOnLeads(trx, reference))
    total.moved += batch.moved
    total.stopped += batch.stopped
    if (batch.moved + batch.stopped < batchSize) break
  }
  for (;;) {
    const { looked, skipped } = await db.transaction().execute((trx) => skipRest(trx, reference))
    total.skipped += skipped
    if (looked < batchSize) break
  }
  const removed = await db.transaction().execute(async (trx) => {
    if (await isSubmitting(trx, reference)) return false
    await setMailboxRemoved(trx, mailbox)
    return true
  })
  return { ...total, removed }
}

/** What has come back to mailboxes after their removal, such as a refusal that was known late, goes the way of the rest. */
export async function handOnLate(db: Db): Promise<number> {
  let handedOn = 0
  for (const mailbox of await listRemovedWithWork(db, batchSize)) {
    const { looked } = await db.transaction().execute((trx) => skipRest(trx, mailbox))
    handedOn += looked
  }
  return handedOn
}

interface MailboxRef {
  tenantId: string
  mailboxId: string
}

async function handOnLeads(trx: Trx, mailbox: MailboxRef): Promise<{ moved: number; stopped: number }> {
  const leads = await listEnrolmentsOfMailbox(trx, mailbox, batchSize)
  if (leads.length === 0) return { moved: 0, stopped: 0 }
  const emails = await lockUnsent(trx, leads)
  const others = await listOtherMailboxes(trx, mailbox, [...new Set(leads.map((lead) => lead.campaignId))])
  const fates = new Map(leads.map((lead, turn) => [keyOf(lead), { lead, ...fateOf(lead, others, turn) }]))
  const moves = [...fates.values()].flatMap((fate) =>
    fate.kind === 'move' ? [{ ...fate.lead, mailboxId: fate.mailboxId }] : [],
  )
  const stops = [...fates.values()].flatMap((fate) =>
    fate.kind === 'stop' ? [{ ...fate.lead, reason: fate.reason }] : [],
  )
  await moveEmails(trx, emails, fates)
  await setEnrolmentsMailbox(trx, moves)
  for (const [reason, same] of Map.groupBy(stops, (stop) => stop.reason)) {
    await setEnrolmentsStopped(trx, same, { code, reason })
  }
  return { moved: moves.length, stopped: stops.length }
}

const keyOf = ({ campaignId, leadId }: { campaignId: string | null; leadId: string | null }): string =>
  `${campaignId}:${leadId}`

function fateOf(lead: EnrolmentOfMailbox, others: ReadonlyMap<string, string[]>, turn: number): Succession {
  const configuration = campaignConfiguration.safeParse(lead.configuration)
  const policy = configuration.data?.whenMailboxRemoved ?? 'stop'
  return succession({ hasBegun: lead.lastStepId !== null }, policy, others.get(lead.campaignId) ?? [], turn)
}

async function moveEmails(
  trx: Trx,
  emails: readonly UnsentEmail[],
  fates: ReadonlyMap<string, Succession & { lead: EnrolmentRef }>,
): Promise<void> {
  const fateOfEmail = (email: UnsentEmail) => fates.get(keyOf(email))
  const moves = emails.flatMap((email) => {
    const fate = fateOfEmail(email)
    return fate?.kind === 'move'
      ? [{ tenantId: email.tenantId, id: email.id, mailboxId: fate.mailboxId }]
      : []
  })
  const skips = emails.flatMap(({ tenantId, id, ...email }) => {
    const fate = fateOfEmail({ tenantId, id, ...email })
    return fate?.kind === 'stop' ? [{ tenantId, id, code, reason: fate.reason }] : []
  })
  await insertWakes(trx, await setEmailsMailbox(trx, moves))
  await skipEmails(trx, skips)
}

async function skipRest(trx: Trx, mailbox: MailboxRef): Promise<{ looked: number; skipped: number }> {
  const rest = await lockUnsentOfMailbox(trx, mailbox, batchSize)
  // Planned while its lead was handed on: it follows its lead.
  const late = rest.flatMap(({ successorId, ...email }) =>
    successorId ? [{ ...email, mailboxId: successorId }] : [],
  )
  await insertWakes(trx, await setEmailsMailbox(trx, late))
  const ended = rest.filter(({ successorId }) => !successorId)
  const skipped = await skipEmails(
    trx,
    ended.map(({ tenantId, id }) => ({ tenantId, id, code, reason: 'its mailbox was removed' })),
  )
  return { looked: rest.length, skipped }
}
