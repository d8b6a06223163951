import type { BounceReason } from '../verdict.ts'

/**
 * What an enhanced status says by itself (RFC 3463, RFC 7372, RFC 7505, the IANA registry and, for details of three
 * digits, Microsoft's list of non-delivery codes), where no wording said more. Without the class.
 */
const byDetail: Record<string, BounceReason> = {
  '1.1': 'invalid_recipient',
  '1.2': 'invalid_domain',
  '1.3': 'invalid_recipient',
  '1.4': 'invalid_recipient',
  '1.6': 'moved',
  '1.7': 'sender_rejected',
  '1.8': 'sender_rejected',
  '1.10': 'invalid_domain',
  '1.20': 'sender_rejected',
  '1.351': 'invalid_recipient',
  '2.1': 'inactive_mailbox',
  '2.2': 'mailbox_full',
  '2.3': 'too_large',
  '3.0': 'remote_error',
  '3.1': 'remote_error',
  '3.2': 'remote_error',
  '3.3': 'remote_error',
  '3.4': 'too_large',
  '3.5': 'remote_error',
  '4.0': 'connection',
  '4.1': 'expired',
  '4.2': 'expired',
  '4.3': 'connection',
  '4.4': 'invalid_domain',
  '4.5': 'remote_error',
  '4.6': 'connection',
  '4.7': 'expired',
  '4.310': 'invalid_domain',
  '4.312': 'connection',
  '4.316': 'expired',
  '5.0': 'protocol',
  '5.1': 'protocol',
  '5.2': 'protocol',
  '5.3': 'rate_limited',
  '5.4': 'protocol',
  '5.5': 'protocol',
  '6.0': 'bad_message',
  '6.1': 'bad_message',
  '6.2': 'bad_message',
  '6.3': 'bad_message',
  '6.5': 'bad_message',
  '6.6': 'bad_message',
  '6.7': 'bad_message',
  '6.9': 'bad_message',
  '7.0': 'policy',
  '7.1': 'policy',
  '7.2': 'policy',
  '7.7': 'policy',
  '7.8': 'policy',
  '7.9': 'policy',
  '7.13': 'inactive_mailbox',
  '7.17': 'invalid_recipient',
  '7.20': 'auth_failed',
  '7.21': 'auth_failed',
  '7.22': 'auth_failed',
  '7.23': 'auth_failed',
  '7.24': 'auth_failed',
  '7.25': 'sender_dns',
  '7.26': 'auth_failed',
  '7.27': 'sender_rejected',
  '7.28': 'rate_limited',
  '7.29': 'auth_failed',
  '7.54': 'relay_denied',
  '7.64': 'relay_denied',
  '7.129': 'recipient_filtered',
  '7.500': 'remote_error',
  '7.501': 'spam_content',
  '7.502': 'sender_blocked',
  '7.503': 'sender_blocked',
  '7.508': 'rate_limited',
  '7.509': 'auth_failed',
  '7.511': 'sender_blocked',
  '7.515': 'auth_failed',
  '7.606': 'sender_blocked',
  '7.650': 'sender_blocked',
  '7.708': 'sender_blocked',
  '7.750': 'sender_rejected',
}

export function reasonOfStatus(status: string): BounceReason | undefined {
  return byDetail[status.slice(2)]
}

/** Details that leave no doubt: they outrank words that only hint. */
const plain = new Set([
  '1.1',
  '1.2',
  '1.3',
  '1.6',
  '1.7',
  '1.8',
  '2.2',
  '2.3',
  '3.4',
  '4.6',
  '7.13',
  '7.23',
  '7.25',
  '7.26',
])

export function reasonOfPlainStatus(status: string): BounceReason | undefined {
  const detail = status.slice(2)
  return plain.has(detail) ? byDetail[detail] : undefined
}

/** Details of three digits are Microsoft's own, and more exact than the words beside them. */
export function reasonOfMicrosoftStatus(status: string): BounceReason | undefined {
  return /^\d\.\d\.\d{3}$/.test(status) ? byDetail[status.slice(2)] : undefined
}

/** Reply codes that have one meaning (RFC 5321 section 4.2.3, RFC 7504, RFC 5248). */
const byReplyCode: Record<string, BounceReason> = {
  '421': 'expired',
  '450': 'remote_error',
  '451': 'remote_error',
  '452': 'remote_error',
  '500': 'protocol',
  '501': 'protocol',
  '502': 'protocol',
  '503': 'protocol',
  '504': 'protocol',
  '521': 'invalid_domain',
  '525': 'inactive_mailbox',
  '551': 'moved',
  '552': 'mailbox_full',
  '556': 'invalid_domain',
}

export function reasonOfReplyCode(code: string): BounceReason | undefined {
  return byReplyCode[code]
}
