import type { SmtpStage } from './smtp-stage.ts'

/** What a format reader found about one recipient, before anything is decided. */
export interface RecipientFinding {
  address?: string | undefined
  originalRecipient?: string | undefined
  /** A recipient field without a domain: `rfc822; kai`, of local delivery. */
  bareName?: string | undefined
  action?: string | undefined
  status?: string | undefined
  /** The machine-readable reply, without its `smtp;`. */
  diagnostic?: string | undefined
  /** What the human-readable part says about this recipient. */
  notice?: string | undefined
  /** Beside the fields of a delivery status: comments and extension fields. */
  aside?: string | undefined
  /** The whole human-readable part, where it can be about nobody else. */
  context?: string | undefined
  stage?: SmtpStage | undefined
  remoteMta?: string | undefined
  /** The format that it was read from. */
  evidence: string
}
