import type { RecipientVerdict } from './verdict.ts'

/** What is counted against a mailbox and a recipient's domain. `blocked`: refused for who or what we are. */
export type Counter = 'hard' | 'soft' | 'blocked' | 'complaints'

/** What one verdict about one of our emails means, suppression apart. */
export interface Consequence {
  bounceType: 'hard' | 'soft' | 'delayed' | 'complaint' | 'other'
  event: 'bounced' | 'complained' | 'unsubscribed' | null
  /** Ends the lead's sequence. */
  stop: { code: string; reason: string } | null
  /** No follow-up while the server still tries. */
  holds: boolean
  counter: Counter | null
}

export const delayHoldHours = 24

const againstSender = new Set([
  'rate_limited',
  'greylisted',
  'sender_blocked',
  'sender_dns',
  'sender_rejected',
  'auth_failed',
  'spam_content',
  'virus',
  'policy',
  'bad_message',
  'relay_denied',
])

const nothing: Consequence = { bounceType: 'other', event: null, stop: null, holds: false, counter: null }

type Told = Pick<RecipientVerdict, 'kind' | 'reason' | 'status' | 'smtpCode' | 'feedbackType'>

/** Undefined: nothing about a failure, only that the message went out. */
export function consequenceOf(recipient: Told): Consequence | undefined {
  switch (recipient.kind) {
    case 'hard':
      return { ...nothing, bounceType: 'hard', event: 'bounced', stop: bounced(recipient), counter: 'hard' }
    case 'soft':
      return { ...nothing, bounceType: 'soft', event: 'bounced', counter: softCounter(recipient) }
    case 'delayed':
      return { ...nothing, bounceType: 'delayed', holds: true }
    case 'feedback':
      return ofFeedback(recipient)
    case 'delivered':
    case 'autoreply':
    case 'other':
      return undefined
  }
}

function ofFeedback({ reason, feedbackType }: Told): Consequence {
  if (reason === 'complaint') {
    const stop = { code: 'complained', reason: `the recipient complained (${feedbackType ?? 'abuse'})` }
    return { ...nothing, bounceType: 'complaint', event: 'complained', stop, counter: 'complaints' }
  }
  if (reason === 'unsubscribe') {
    const stop = { code: 'unsubscribed', reason: 'the recipient unsubscribed at the mailbox provider' }
    return { ...nothing, event: 'unsubscribed', stop }
  }
  return nothing
}

const bounced = ({ reason, status, smtpCode }: Told) => {
  const codes = [smtpCode, status].filter((code) => code !== null).join(' ')
  return { code: 'bounced', reason: `the address is dead: ${reason}${codes ? ` (${codes})` : ''}` }
}

const softCounter = ({ reason }: Told): Counter => (againstSender.has(reason) ? 'blocked' : 'soft')
