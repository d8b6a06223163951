export type ReportType = 'bounce' | 'feedback' | 'autoreply' | 'challenge' | 'delivered' | 'none'

/** `hard`: the address or its domain is dead. `delayed`: the server still tries. */
export type RecipientKind = 'hard' | 'soft' | 'delayed' | 'feedback' | 'autoreply' | 'delivered' | 'other'

export type BounceReason =
  | 'invalid_recipient'
  | 'invalid_domain'
  | 'moved'
  | 'inactive_mailbox'
  | 'mailbox_full'
  | 'recipient_filtered'
  | 'suppressed_by_provider'
  | 'expired'
  | 'connection'
  | 'remote_error'
  | 'rate_limited'
  | 'greylisted'
  | 'sender_blocked'
  | 'sender_dns'
  | 'sender_rejected'
  | 'auth_failed'
  | 'spam_content'
  | 'virus'
  | 'policy'
  | 'too_large'
  | 'bad_message'
  | 'protocol'
  | 'relay_denied'
  | 'unknown'

export type Reason =
  | BounceReason
  | 'complaint'
  | 'report'
  | 'unsubscribe'
  | 'autoreply'
  | 'challenge'
  | 'delivered'

export interface RecipientVerdict {
  /** The address that the report names as failed, lower case; null when it names none. */
  address: string | null
  /** RFC 3464 Original-Recipient, where it was stated: behind a forwarder it is the address that we mailed. */
  originalRecipient: string | null
  /** Enhanced status code (RFC 3463). */
  status: string | null
  /** SMTP reply code of the server that refused, three digits. */
  smtpCode: string | null
  action: string | null
  kind: RecipientKind
  /** Whether this message can still arrive: null when it is not about delivery. */
  permanent: boolean | null
  addressDead: boolean
  reason: Reason
  diagnostic: string | null
  remoteMta: string | null
  /** The format that the recipient was read from. */
  evidence: string
  feedbackType?: string
}

/** What the report returns of our message, for matching. */
export interface OriginalMessage {
  messageId: string | null
  /** Addresses that may carry our own token: where the report was sent to. */
  verp: string | null
  to: string | null
  date: string | null
  /** Returned header fields by lower-case name, first occurrence. */
  headers: Record<string, string>
}

export interface ReportVerdict {
  type: ReportType
  feedbackType: string | null
  recipients: RecipientVerdict[]
  original: OriginalMessage
  /** A cap of `limits.ts` or of the MIME reader cut something off. */
  truncated: boolean
  /** For `none`: why it is no report. */
  why: string | null
}
