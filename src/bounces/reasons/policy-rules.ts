import type { ReasonRule } from './rule.ts'

/** The server wants a login, which no remote sender has. */
export const loginRules: readonly ReasonRule[] = [
  {
    reason: 'policy',
    says: [
      // Exchange: "550 5.7.1 RESOLVER.RST.AuthRequired; authentication required"; SendGrid: "550 Unauthenticated senders not allowed"
      'authrequired',
      'authentication required',
      'authentication is required',
      'authentication failure',
      'authentication failed',
      'unauthenticated senders',
      'turn on smtp authentication',
      'smtp authentication',
      'smtp auth ',
      'must be authenticated',
      'must authenticate',
      'requires authentication',
      'please authenticate',
    ],
  },
]

/** Refusals by a rule of the house that says no more. */
export const policyRules: readonly ReasonRule[] = [
  {
    reason: 'policy',
    says: [
      // Yahoo: "554 5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc.com/error-codes"
      'policy reasons',
      // Google: "Mail Sending denied. This error occurs if the sender account is disabled."
      'policy violation',
      'policy restriction',
      'due to policy',
      'local policy',
      'administrative policy',
      'administrative prohibition',
      'administratively',
      'security policy',
      'security reasons',
      'violates',
      'violation',
      'against our policy',
      'message not allowed',
      'message not accepted',
      'message refused',
      // Google: "This message was blocked because its content presents a potential security issue."
      'presents a potential',
      'potential security issue',
      'attachment … not allowed',
      'attachments … not allowed',
      'attachment type',
      'prohibited attachment',
      'banned file',
      'file type',
      'executable',
      'header error',
      'prohibited',
      'prohibits',
      'not permitted',
      'not authorized',
      'not authorised',
      'unauthorized',
      'forbidden',
      'denied by',
      'rejected by policy',
      'protocol violation',
      'email rejected',
      'starttls is required',
      'must issue a starttls',
      'encryption required',
      'requires tls',
      'account not subscribed',
      'domain policy',
    ],
  },
]

/** The server is not responsible for the recipient. */
export const relayRules: readonly ReasonRule[] = [
  {
    reason: 'relay_denied',
    says: [
      // Postfix: "554 5.7.1 <a@b>: Relay access denied", sendmail: "550 5.7.1 Relaying denied"
      'relay access denied',
      'relaying denied',
      'relay denied',
      'relay not permitted',
      'relaying not permitted',
      'relay not allowed',
      'relaying not allowed',
      'relaying is not',
      'relaying mail',
      'relaying to … not allowed',
      'unable to relay',
      'not permitted to relay',
      'not allowed to relay',
      'relay prohibited',
      'relay disallowed',
      'relay operation rejected',
      "that domain isn't in my list of allowed rcpthosts",
      'rcpthosts',
      'not a gateway',
      'does not relay',
      'do not relay',
      "don't relay",
      'no relaying',
      'insecure mail relay',
      'mail server requires authentication when attempting to send to a non-local',
    ],
  },
]
