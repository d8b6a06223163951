import type { ReasonRule } from './rule.ts'

/** Said by the system that reports, or in words that no filter uses: no need to know which command was refused. */
export const deadRecipientRules: readonly ReasonRule[] = [
  {
    reason: 'invalid_recipient',
    says: [
      // Exchange: "The recipient name is not recognized"; Mimecast: "Recipient email address is possibly incorrect"
      'recipient name is not recognized',
      'email address is possibly incorrect',
      // InterScan: "Please check if address is correct."; MMSC: "No valid recipients for this MM"
      'check if address is correct',
      'no valid recipients for this mm',
      // Orange: "Invalid recipient. OFR_416 [416]"; La Poste: "Invalid recipient. LPN007_416"
      'ofr_416',
      'lpn007_416',
      // Hotmail: "550 5.5.0 Requested action not taken: mailbox unavailable"
      'requested action not taken: mailbox unavailable',
      // Yahoo, after DATA: "552 1 Requested mail action aborted, mailbox not found"
      'requested mail action aborted, mailbox not found',
      // IMail: "Unknown user: a@b", Postfix local(8): "unknown user: \"name\""
      'unknown user: @',
      'unknown user: "',
      // Domino: "User Kai (kai@example.org) not listed in Domino Directory", Notes: "User not listed in public Name & Address Book"
      'not listed in domino directory',
      'not listed in public name',
      'not unique in domino directory',
      // Facebook: "550 5.1.1 RCP-P1 https://www.facebook.com/postmaster/response_codes"
      'rcp-p1',
      // PowerMTA: "X-PowerMTA-BounceCategory: bad-mailbox"
      'bouncecategory: bad-mailbox',
    ],
  },
]

/**
 * Postfix puts "Recipient address rejected:" before whatever a policy server says. "Access denied" is how Exchange Online and
 * others refuse an unknown recipient; any other text behind it may be a policy that passes.
 */
export const refusedRecipientRules: readonly ReasonRule[] = [
  {
    reason: 'invalid_recipient',
    says: [
      'recipient address rejected: access denied',
      'recipient addresses rejected',
      'address rejected',
      'recipient refused',
      'recipient denied',
    ],
  },
]
