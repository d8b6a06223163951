import type { ReasonRule } from './rule.ts'

/** The recipient, or a filter of theirs, does not want the message. */
export const filterRules: readonly ReasonRule[] = [
  {
    reason: 'recipient_filtered',
    says: [
      // Facebook: "550 5.1.1 RCP-P2 Refused due to recipient preferences"
      'recipient preferences',
      'rcp-p2',
      "recipient's preferences",
      '{user|addressee|owner} {refused|refuses|rejected|rejects|has refused|has rejected}',
      '{user|recipient|addressee|owner} {does not want|do not want|does not accept|will not accept|has blocked|blocks}',
      '{refused|rejected|blocked|denied|filtered} by {the |}{user|recipient|addressee|mailbox owner|customer}',
      "recipient's {preference|block list|blocklist|blacklist|filter|settings|spam filter|white list|whitelist}",
      "not on {whitelist|white list|bypass list|the recipient's}",
      'refused by recipient',
      'blocked by recipient',
      'recipient has blocked',
      'rejected by recipient',
      'rejected by the recipient',
      'rejected by user',
      'refused by user',
      'refused by the recipient',
      'due to extended inactivity new mail is not currently being accepted',
      'user reject',
      'domain filter',
      'because the recipient is not accepting mail',
      'recipient is not accepting',
      'not accepting mail',
      'because the recipient is only accepting mail from specific',
      'accepting mail from specific',
      'this address only accepts mail from',
      'does not accept mail from',
      'does not accept e-mail from',
      "we don't accept mail from",
      'sender is on … block',
      // auone/ezweb: "Each of the following recipients was rejected by a remote mail server."
      'was rejected by a remote mail server',
      'this mailbox does not accept',
    ],
  },
]
