import { createHash } from 'node:crypto'
import { domainOf } from '../core/email-address.ts'

/** What an email is, whichever database tells it. */
export interface EmailIdentity {
  tenantId: string
  id: string
  campaignId: string | null
  leadId: string | null
  stepId: string | null
}

/**
 * The reference that an email carries, the same each time it is made: a database that has forgotten a claim can still
 * look for what the claim sent. Opaque: ids are of 74 random bits.
 */
export function referenceOf({ tenantId, id, campaignId, leadId, stepId }: EmailIdentity): string {
  const parts = stepId ? [tenantId, campaignId, leadId, stepId] : [tenantId, id]
  return createHash('sha256').update(parts.join('/')).digest('hex').slice(0, 32)
}

/** RFC 5322, section 3.6.4: unique for ever, under the mailbox's own domain. */
export const messageIdOf = (ref: string, mailboxAddress: string): string =>
  `<${ref}@${domainOf(mailboxAddress)}>`
