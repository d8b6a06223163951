import type { ReasonRule } from './rule.ts'

/** Too much at a time: later is well. */
export const rateRules: readonly ReasonRule[] = [
  {
    reason: 'rate_limited',
    says: [
      // Google: "The user you are trying to contact is receiving mail at a rate that prevents additional messages"
      'receiving mail at a rate',
      'receiving mail too quickly',
      'receiving email at a rate',
      // docomo: "552 Too many recipients"; RFC 5321 section 4.5.3.1.10
      'too many recipients',
      'sent to too many',
      // Postfix: "421 4.7.0 Error: too many connections from 192.0.2.1"
      // Hotmail: "421 RP-001 ... We have limits for how many messages can be sent per hour and per day"
      '{421|550|451} rp-00',
      'how many messages can be sent',
      'too many {connections|recipients|invalid recipients|unknown users|hosts|transactions|attempts|deliveries|concurrent|simultaneous|parallel|open}',
      '{exceeded|exceeds|reached|over|hit}‥{rate|sending limit|message limit|connection limit|hourly limit|daily limit|limit of messages}',
      '{rate|frequency|volume|connections|messages per|sessions}‥{limit|limited|limitation|exceeded|too high}',
      '{sending|being sent|coming|arriving|submitting}‥{too fast|too quickly|too many|too much|too often}',
      '{limit|number}…{messages|mails|emails|recipients} {was|were|has been|have been|is} exceeded',
      'too {fast|frequent|frequently}',
      'slow‥down',
      'too many connections',
      'too many concurrent',
      'too many simultaneous',
      'too many sessions',
      'too many smtp sessions',
      'too many messages',
      'too many mails',
      'too many emails',
      'too many unauthenticated',
      'too many rcpt',
      'too much mail',
      'too many requests',
      'relay limit exceeded',
      'excessive volume',
      'excessive number',
      'connection limit',
      'connection rate',
      'concurrent connections',
      'max number of connections',
      // Tencent: "550 Ip frequency limited"; NetEase: "frequency limited" and "requency"
      'frequency limited',
      'connection frequency',
      'mail frequency',
      'rate limit',
      'rate-limit',
      'ratelimit',
      'message limit',
      'sending limit',
      'sending rate',
      'hourly limit',
      'limit … per hour',
      'limit … per minute',
      'per-recipient',
      'throttl',
      'slow down',
      'try later … rate',
      'exceeded the rate',
      'exceeds the rate',
      // Exchange: "432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded"
      'thread limit exceeded',
      'message submission rate',
      'max number of messages',
      'maximum number of messages',
      'messages per connection',
      'recipient rate',
      'maximum recipients',
      'quota … for sender',
      'sender … exceeded',
      // Spectrum: "AUP#In-1310" counts connections and messages per address; AUP#1220, AUP#1250 likewise
      'aup#in-1310',
      'aup#1310',
      'aup#in-1220',
      'aup#in-1250',
    ],
  },
]

/** Refused on first sight, to be tried again. */
export const transientRules: readonly ReasonRule[] = [
  {
    reason: 'greylisted',
    says: [
      // Postgrey: "450 4.2.0 <a@b>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch"
      'greylist',
      'graylist',
      'grey-list',
      'gray-list',
      'grey list',
      'deferred for … seconds … triplet',
    ],
  },
]
