import type { ReasonRule } from './rule.ts'

/** The message is too large, for the server or the recipient. */
export const sizeRules: readonly ReasonRule[] = [
  {
    reason: 'too_large',
    says: [
      // RFC 1870: "552 5.3.4 Message size exceeds fixed maximum message size (10485760)"
      'message size exceeds',
      'message size … exceeds',
      'message size limit',
      'message size exceeded',
      'size exceeds',
      'size limit exceeded',
      'mail size limit',
      'maximum message size',
      'max message size',
      'message too big',
      'message too large',
      'message is too big',
      'message is too large',
      'message … too big',
      'message … too large',
      'mail too large',
      'mail … too big',
      'message file too big',
      'message length exceeds',
      'exceeds administrative limit',
      'exceeds limit set by recipient',
      'exceeded maximum … size',
      'exceeds … maximum … size',
      'larger than the current system limit',
      'larger than',
      'messages size',
      'max allowed size',
      'data size exceeds',
      'fixed maximum',
      'resolver.rst.recipsizelimit',
      'resolver.rst.sendsizelimit',
      'size of this message',
      'over the size limit',
      'too large for',
    ],
  },
]

/** Breaches of a standard that the server names. */
export const standardRules: readonly ReasonRule[] = [
  {
    reason: 'bad_message',
    says: [
      // Google: "550 5.7.1 This message is not RFC 5322 compliant. There are multiple Subject headers."
      'rfc 5322',
      'rfc5322',
      'rfc 2822',
      'rfc2822',
      'rfc 822',
      'not rfc',
      'multiple subject headers',
      'multiple from headers',
      'multiple addresses in from',
      'duplicate header',
      'duplicate from header',
      'duplicate subject',
    ],
  },
]

/** Breaches of form in weaker words. */
export const formRules: readonly ReasonRule[] = [
  {
    reason: 'bad_message',
    says: [
      'missing header',
      'improperly-formatted',
      'improper use of 8-bit',
      '8-bit data',
      '8bit',
      'invalid header',
      'invalid message header',
      'message header … invalid',
      'bare lf',
      'bare newline',
      'malformed message',
      'malformed mime',
      'bad header',
      'mime error',
      'message could not be parsed',
      'message failed to be made compliant',
      'charset',
      'line too long',
      'message is not compliant',
      'lacks … header',
      'missing … header',
      'no from header',
      'dangerous attachment',
      'routing loop … message content',
    ],
  },
]
