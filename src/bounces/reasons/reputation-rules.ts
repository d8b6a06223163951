import type { ReasonRule } from './rule.ts'

/** Refusals of who we are that later rules would take for something else. */
export const reputationRules: readonly ReasonRule[] = [
  {
    reason: 'sender_blocked',
    says: [
      // Microsoft: "451 4.7.650 The mail server [192.0.2.2] has been temporarily rate limited due to IP reputation."
      'rate limited due to ip reputation',
      'due to ip reputation',
      // Google: "421 4.7.28 Gmail has detected an unusual rate of unsolicited mail originating from your IP address"
      'unusual rate of unsolicited mail',
      'unusual amount of unsolicited mail',
      // Yahoo: "421 4.7.0 [TSS04] Messages from 192.0.2.25 temporarily deferred due to unexpected volume or user complaints"
      'deferred due to unexpected volume',
      'deferred due to user complaints',
      '[tss0',
      '[ts0',
      // Microsoft: "Please contact your Internet service provider since part of their network is on our block list (S3140)."
      // SC-004: "Unfortunately, messages from 192.0.2.1 weren't sent."
      'is on our block list',
      'unfortunately, messages from … weren',
      // T-Online: "554 IP=192.0.2.1 - A problem occurred. (Ask your postmaster for help or to contact tosa@rx.t-online.de)"
      'poor … reputation',
      // Rackspace: "451 4.7.1 Received too many messages from a new or untrusted IP"
      'untrusted ip',
      'spam {sender|source}',
      '{block|blocked|blocking} for {spam|spamming|abuse}',
      'poor reputation',
      'poor ip reputation',
      'domain reputation',
      // Google: "likely suspicious due to the very low reputation of the sending domain"
      'low reputation',
      'bad reputation',
      'your reputation',
      'reputation of this',
      // Cox: "550 5.1.0 sender rejected ... AUP#CDRBL"; Comcast: "found on one or more DNSBLs, see ...#BL000010"
      'cdrbl',
      'dnsbl',
      // Postfix: "450 4.7.1 <mx.example.org[192.0.2.56]>: Client host rejected: may not be mail exchanger"
      'client host rejected: may not be mail exchanger',
      'connections will not be accepted from',
      'connections not accepted from ip',
      'rejected based on geographical location',
      // "501 no access from mail server [192.0.2.55] which is an open relay."
      'no access from mail server',
      // Google: "The IP you're using to send mail is not authorized to send email directly to our servers."
      "the ip you're using",
      'is an open relay',
      // qmail, when HELO was refused: "501 5.0.0 Invalid domain name"
      'invalid domain name',
      'senderscore',
      'sender score',
    ],
  },
  {
    // A quota of ours, not of the mailbox: "554 5.7.1 You have exceeded your daily sending quota"
    reason: 'rate_limited',
    says: [
      '{hourly|daily|sending|outgoing|outbound}‥{quota|limit}',
      'your quota of messages',
      'quota … for sender',
    ],
  },
  {
    // GMX: "550 Requested action not taken: mailbox unavailable Reject due to policy restrictions."
    reason: 'policy',
    says: ['reject due to policy', 'due to policy restrictions'],
  },
]

/** Before the greeting or at HELO nothing of ours was seen but our address. */
export const greetingRules: readonly ReasonRule[] = [
  {
    // "550 Access denied", "421 Service not available"
    reason: 'sender_blocked',
    stages: ['connect', 'hello'],
    says: ['access denied', 'denied', 'reject', 'not available', 'blocked', 'unauthorized', 'invalid'],
  },
]

/** Refusals of our host in weaker words. */
export const blockRules: readonly ReasonRule[] = [
  {
    reason: 'sender_blocked',
    says: [
      // Google: "421 4.7.0 IP not in whitelist for RCPT domain"; Proofpoint: "554 Blocked - see https://ipcheck.proofpoint.com/"
      'ip not in whitelist',
      'not whitelisted',
      'not in whitelist',
      'blocked - see',
      'ipcheck.proofpoint.com',
      // Barracuda: "550 permanent failure for one or more recipients (a@b:blocked)"
      'permanent failure for one or more recipients',
      'client host rejected',
      'client host blocked',
      'client host',
      'access from ip address',
      'ip address … blocked',
      'ip … blocked',
      'ip … rejected',
      'ip … denied',
      'ip … refused',
      'ip … not allowed',
      'ip … banned',
      'blocked ip',
      'blocked for abuse',
      'blocked by',
      'blocked due to',
      'temporarily blocked',
      'has been blocked',
      'has been temporarily blocked',
      'your ip',
      'your network',
      'your mail server',
      'your server',
      'your host',
      'from your network',
      'the sending ip',
      'sending server',
      'sending mta',
      'connecting ip',
      'connecting host',
      'connecting mail server',
      'invalid ip for sending mail',
      'from dynamic',
      'dynamic ip',
      'dynamic/',
      'dialup',
      'dynamic-ip',
      'dynamic address',
      '{helo|ehlo}‥{invalid|not|bad|reject|must|does|is|mismatch|denied|should|refused}',
      '{invalid|bad|illegal|wrong|forged|unresolvable} {helo|ehlo}',
      '{your|sending|connecting|source} {ip|host|server|network|mta}',
      'not welcome',
      'go away',
      '{ip|host|address|sender|server|you}…banned',
      'dial-up',
      'residential',
      'open relay',
      'open proxy',
      'no access from mail server',
      'mail server … not allowed',
      'please use the smtp server of your isp',
      "use your isp's",
      "use your provider's",
      'relay through your',
      'may not be mail exchanger',
      'ehlo/helo',
      'helo/ehlo',
      'invalid helo',
      'invalid ehlo',
      'helo command rejected',
      'helo … rejected',
      'bad helo',
      'helo name',
      'ehlo … not',
      'invalid domain name',
      // Orange: "421 Service refused, please try later. OFR_999 [999]"; La Poste: "LPN007_510"
      'service refused',
      'service refuse',
      'aup#',
      'not allowed to connect',
      'not permitted to connect',
      'connection refused by',
      'connection rejected',
      'refused to talk to me',
      'not accepting mail from',
      'not accept mail from your',
      'suspected spam source',
      'known spam',
      'spam source',
      'country',
      'access to this mail system has been rejected',
      'your access to submit messages',
      'access denied from',
      'domain … blacklisted',
    ],
  },
]

/** Blocked, and not a word about who or what. */
export const bareBlockRules: readonly ReasonRule[] = [{ reason: 'sender_blocked', says: ['blocked'] }]
