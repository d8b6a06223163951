import type { ReasonRule } from './rule.ts'

/** Our address has no name, or one that does not lead back. */
export const senderDnsRules: readonly ReasonRule[] = [
  {
    reason: 'sender_dns',
    says: [
      // Google: "550 5.7.25 The IP address sending this message does not have a PTR record setup"
      'ptr record',
      'ptr lookup',
      'ptr dns',
      'missing ptr',
      'no ptr',
      // Exim: "571 No PTR Record found. Reverse DNS required: 203.0.113.22", "554 5.7.1 Reverse DNS failed."
      'reverse dns',
      'rdns',
      'reverse-dns',
      'reverse ip',
      'reverse lookup',
      // Postfix: "Client host rejected: cannot find your hostname, [192.0.2.1]", "cannot find your reverse hostname"
      'cannot find your hostname',
      'cannot find your reverse hostname',
      'cannot resolve your address',
      'unresolvable relay host name',
      'no matches to nameserver query',
      'forward dns entry',
      'forward confirmed',
      'fcrdns',
      // "450 service permits 2 unverifyable sending IPs - example.com is not 203.0.113.2"
      'unverifyable sending ips',
      'unverifiable sending ips',
      // "550 domain [example.com] mismatches client ip 192.0.2.225."
      'mismatches client ip',
      'ip name lookup failed',
      'ip address without',
      'host name lookup … failed … sender',
      'must have … hostname … resolve',
    ],
  },
]

/** SPF, DKIM or DMARC failed. */
export const authenticationRules: readonly ReasonRule[] = [
  {
    reason: 'auth_failed',
    says: [
      // Google: "Unauthenticated email from example.org is not accepted due to domain's DMARC policy."
      // Microsoft: "550 5.7.509 Access denied, sending domain [EXAMPLE.JP] does not pass DMARC verification"
      'dmarc',
      // Google: "This mail has been blocked because the sender is unauthenticated."
      'sender is unauthenticated',
      'unauthenticated email',
      'fails to pass authentication checks',
      'does not have authentication information',
      'multiple authentication checks failed',
      'email authentication',
      'sender authentication',
      // "550 5.7.23 SPF validation failed", "Message rejected due to SPF policy", "is not allowed to send mail from example.org ... openspf"
      'spf: fail',
      'spf fail',
      'spf check',
      'spf validation',
      'spf verification',
      'spf record',
      'spf policy',
      'spf polic',
      'spf hard',
      'spf softfail',
      'spf sender',
      'spf reject',
      'spf (',
      'spf=',
      'openspf',
      'sender policy framework',
      'due to spf',
      'by spf',
      'failed spf',
      'spf … does not',
      'does not designate',
      'not designated as permitted sender',
      'domainkeys identified',
      'dkim',
      'sender id (pra) not permitted',
      'not permitted by domain owner',
      // Microsoft 365: "550 5.1.0 ... 5.7.23 The message was rejected because of Sender Policy Framework violation"
      'sender policy',
    ],
  },
]

/** Refusals of the sender address, or of its right to write to the recipient. */
export const senderRules: readonly ReasonRule[] = [
  {
    reason: 'sender_rejected',
    says: [
      // Postfix: "501 5.1.8 Sender address rejected", sendmail: "553 5.1.8 Domain of sender address a@b does not exist"
      'sender address rejected',
      'sender address blocked',
      'envelope blocked',
      'domain of sender address',
      'sender domain',
      // "501 a@b Sender email is not in my domain", "Sender a@b has no A, AAAA, or MX DNS records", "Verify mailfrom failed"
      'sender‥{has no|is rejected|was rejected|is refused|not in|does not exist|is invalid|not verified|unverified|not found|not exist}',
      'sender {email|mail|e-mail|address|domain|account|name}‥{not|invalid|rejected|refused|unknown|denied|blocked|must|unverified|failed|error|syntax|resolve}',
      '{verify|verification of|verification failed for|check of} {mailfrom|mail from|sender|the sender}',
      'sender … verif',
      'mail from is mismatched',
      'mailfrom {failed|rejected|denied|not|invalid|mismatch|check|verif|is}',
      'batv',
      '{forged|fake|illegal|invalid|bad|wrong|unknown|malformed} {sender|from|return path|envelope sender|mail from}',
      '{domain|host} of sender',
      'sendernotauthenticated',
      'restrictedtorecipients',
      'sender rejected',
      'sender refused',
      'sender denied',
      'sender not allowed',
      'sender not authorized',
      'sender is not',
      'sender unknown',
      'sender verify failed',
      'sender verification',
      'sender address verification',
      'sender was rejected',
      'sender address … not',
      'sending domain',
      'invalid sender',
      'unroutable sender',
      'unrouteable sender',
      'bad sender',
      "sender's",
      'mail from … not',
      'from: domain is invalid',
      'domain in from',
      'from header',
      'envelope sender',
      'return address',
      'purported responsible address',
      // Google Groups: "the group you tried to contact (name) may not exist, or you may not have permission to post"
      'the group you tried to contact',
      'you may not have permission to post',
      'groups.google.com/support',
      'not a member of this mailing list',
      'not member',
      'only members',
      '{must|need to|have to} be {a|an} {member|subscriber}',
      'only subscribers',
      'not subscribed',
      'closed list',
      'members only',
      'not allowed to post',
      'post to this list',
      // Microsoft 365: "RESOLVER.RST.NotAuthorized", "RESOLVER.RST.RestrictedToRecipientsPermission"
      'resolver.rst.notauthorized',
      'not authorized to send to',
      "don't have permission to send",
      'permission to send',
      "isn't authorized to send",
      'resolver.rst.restricted',
      // Google Workspace: "The settings for your 'Send mail as' account are misconfigured or out of date."
      "'send mail as'",
      'not a registered gateway user',
      'no such domain … sender',
      'access denied, bad outbound sender',
      'bad outbound sender',
      'not allowed to send from',
      'spoof',
      'backscatter',
    ],
  },
  {
    // "550 5.7.1 Access denied (in reply to MAIL FROM command)", "550 Unknown user a@b (in reply to MAIL FROM command)"
    reason: 'sender_rejected',
    stages: ['mail'],
    says: [
      'access denied',
      'rejected',
      'does not exist',
      'no such domain',
      'unknown',
      'denied',
      'not allowed',
      'invalid',
      'refused',
    ],
  },
]
