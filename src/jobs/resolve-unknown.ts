import { AppError } from '../core/errors.ts'
import type { Db, Trx } from '../db/connect.ts'
import { type DoubtfulEmail, findDoubtful, requeueUnknown } from '../sending/doubt-store.ts'
import { promoteToSent } from '../sending/proof-store.ts'
import { insertAudit } from '../tenants/audit-store.ts'

export interface Resolution {
  tenantId: string
  emailId: string
  as: 'sent' | 'not-sent'
  /** Why, in the operator's words. */
  note: string | null
  actor: string
}

/**
 * Ends the doubt about an email on an operator's word, with an audit entry: `sent` lets its sequence go on, `not-sent` puts it
 * back on the schedule as a new attempt. Throws `not_found`; `conflict` when there is no doubt, or, for `not-sent`, until
 * `graceSeconds` after its lease: what a hanging worker still does would send it twice.
 */
export async function resolveUnknown(db: Db, resolution: Resolution, graceSeconds: number): Promise<void> {
  const { tenantId, emailId } = resolution
  await db.transaction().execute(async (trx) => {
    const email = await findDoubtful(trx, { tenantId, id: emailId })
    if (!email) throw new AppError('not_found', `There is no email ${emailId}. See: rookery status`)
    if (email.status !== 'unknown') throw new AppError('conflict', noDoubt(email))
    const changed = await (resolution.as === 'sent' ? setSent : setNotSent)(trx, email, graceSeconds)
    if (!changed.has(emailId))
      throw new AppError('conflict', `The email ${emailId} was resolved meanwhile: look again.`)
    const details = {
      as: resolution.as,
      note: resolution.note,
      attempt: email.attempt,
      since: email.unknownAt,
    }
    const { actor } = resolution
    await insertAudit(trx, {
      tenantId,
      actor,
      action: 'email.resolved',
      entityType: 'email',
      entityId: emailId,
      details,
    })
  })
}

function noDoubt({ id, status }: DoubtfulEmail): string {
  return status === 'submitting'
    ? `The email ${id} is being submitted: whether it was sent will be known soon.`
    : `The email ${id} is ${status}: only an email that is unknown can be resolved.`
}

async function setSent(trx: Trx, email: DoubtfulEmail): Promise<Set<string>> {
  return promoteToSent(trx, [{ ...email, evidence: { code: 'resolved_by_operator' } }])
}

async function setNotSent(trx: Trx, email: DoubtfulEmail, graceSeconds: number): Promise<Set<string>> {
  if (email.mailboxRemoved)
    throw new AppError('conflict', `The mailbox of ${email.id} was removed: it cannot be sent again.`)
  const from = new Date(email.unknownAt.getTime() + graceSeconds * 1000)
  if (email.now < from) {
    const why = 'until then what hangs somewhere may still be sent'
    throw new AppError('conflict', `It may be resolved as not sent from ${from.toISOString()} on: ${why}.`)
  }
  const reason = 'an operator resolved it as not sent'
  return requeueUnknown(trx, [email], { code: 'resolved_not_sent', reason })
}
