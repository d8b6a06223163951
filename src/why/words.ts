/** What each reason code of the ledger, of lanes and of sequences means, as the end of "because …". */
export const reasonWords: Readonly<Record<string, string>> = {
  // Before a claim
  suppressed: 'the recipient is suppressed',
  campaign_paused: 'its campaign is paused',
  campaign_ended: 'its campaign has ended',
  campaign_unreadable: 'its campaign cannot be read',
  enrolment_ended: "the lead's sequence has ended",
  stale: 'it came too late for its campaign',
  window_closed: "it is outside its campaign's sending window",
  provider_cooldown: "the recipient's provider takes no mail for now",
  window_never_opens: "its campaign's sending window does not open within a year",

  campaign_daily_limit: 'its campaign has sent what it may in a day',
  new_leads_limit: 'its campaign has written to as many new leads as it may in a day',
  domain_rate: "the recipient's domain gets no more in a minute",
  provider_rate: "the recipient's provider gets no more in a minute",

  warmup_paused: 'the warmup of its mailbox was paused',
  warmup_stale: 'it had waited too long to be sent',
  warmup_night: 'it is night where its mailbox is, and people sleep',
  warmup_ended: 'the warmup of its mailbox was ended',
  warmup_pool_left: 'its tenant, or that of its recipient, has left the warmup pool',
  warmup_quarantined: 'a mailbox it is between has left the warmup pool',

  // Of a lane
  tenant_suspended: 'the tenant is suspended',
  mailbox_paused: 'the mailbox is paused',
  mailbox_removed: 'its mailbox was removed',
  being_removed: 'its mailbox is being removed',
  host_unreachable: 'the SMTP host of the mailbox cannot be reached',
  connect_failed: 'the connection to the SMTP host failed',
  credential_unreadable: "the mailbox's password cannot be opened with this master key",
  claim_failed: 'the database refused the claim',
  recovery_needed: 'the database was promoted, restored or copied, and may have forgotten what was sent',
  lane_missing: 'the mailbox does not exist',
  budget_unreadable: 'a limit could not be read, and nothing is sent without it',
  daily_limit: 'the mailbox has sent what it may in a day',
  warmup_ramp: 'the mailbox is being warmed up, and has sent what it may today',
  rolling_limit: 'the mailbox has sent what it may in 24 hours',
  hourly_limit: 'the mailbox has sent what it may in an hour',
  tenant_daily_limit: 'the tenant has sent what it may in a day',
  clock_behind: "the database's clock has gone back",
  gap: 'the mailbox keeps a gap between two emails',

  // Handed back, not sent
  claim_returned: 'it was claimed and handed back before anything was sent',
  not_rendered: 'its text could not be read just then',
  lease_lapsed: 'the worker that was submitting it stopped answering',
  aborted: 'its submission was broken off before the end of the message',
  transport_closed: 'the connection was closed before it was sent',
  connection_lost: 'the connection broke before the end of the message',
  session_timeout: 'the server fell silent before the end of the message',
  connection_failed: 'the connection to the SMTP host failed',
  connect_timeout: 'the SMTP host did not answer in time',
  dns_failed: 'the name of the SMTP host could not be resolved',
  tls_failed: 'no secure connection to the SMTP host could be made',
  not_smtp: 'the SMTP host of the mailbox speaks no SMTP',
  greeting_refused: 'the SMTP host refused the connection',
  absent_in_mailbox: "it was not found in its mailbox's folders, so it goes out again",
  retried_by_operator: 'an operator lets it go out again',
  resolved_not_sent: 'an operator resolved it as not sent',

  // Refused for the mailbox
  auth_failed: 'the server refused the login of the mailbox',
  auth_deferred: 'the server put the login of the mailbox off',
  auth_required: 'the server wants a login',
  insecure_refused: 'a password is not sent over an open connection',
  sender_rejected: 'the server refuses the sender',
  sender_blocked: 'the provider has barred the mailbox from sending',
  tls_required: 'the SMTP server wants an encrypted connection',
  sender_deferred: 'the server puts the sender off',
  sender_throttled: 'the server slows the sender down',
  sender_mailbox_full: "the sender's own mailbox is full",
  relay_denied: 'the server does not send for this mailbox',
  concurrency_limit: 'the server allows fewer connections',
  rate_limited: 'the server allows fewer emails in this time',
  session_expired: 'the server ended the session',
  server_full: 'the server is out of space',
  server_unavailable: 'the server is not available',

  // Refused for the message
  accepted: 'the server took it',
  greylisted: 'the recipient is greylisting: a later attempt is let in',
  mailbox_full: "the recipient's mailbox is full",
  recipient_rate_limited: 'the recipient gets too much mail just now',
  provider_deferred: "the recipient's provider put it off",
  sender_unauthenticated: "the recipient's provider misses the SPF, DKIM or DMARC of the sender's domain",
  host_blocklisted: "the recipient's provider takes nothing from the sending host",
  recipient_deferred: 'the server put the recipient off',
  message_deferred: 'the server put the message off',
  recipient_rejected: 'the server refused the recipient',
  message_rejected: 'the server refused the message',
  invalid_recipient: 'the address does not exist',
  invalid_domain: "the recipient's domain takes no mail",
  inactive_mailbox: "the recipient's mailbox is switched off",
  spam_content: 'the server took the message for spam',
  too_large: 'the message is too large',
  invalid_envelope: 'its sender or recipient is no address',
  content: 'its text cannot be made',
  expired: 'it was refused again and again until it was given up',

  // Unknown, and parked
  reply_timeout: 'the server took the whole message and never answered',
  connection_lost_after_body: 'the connection broke after the whole message was handed over',
  failover: 'the database was restored or promoted, and it may have been sent before',
  reply_before_body: 'the server answered before the message was complete',
  no_message_id: 'its Message-ID is not known, so nobody can look for it',
  no_imap: 'the mailbox has no IMAP server to look in',
  no_sent_folder: 'the mailbox has no folder for what it sends',
  provider_unsure: 'its provider is not known to file all that is submitted',
  no_control: 'nothing else known to be sent was found either, which proves nothing',
  forgotten: 'when it would have been sent is not known, so its absence proves nothing',
  never_resend: 'it was not found, and the tenant does not let it be sent again',

  // Of sequences
  replied: 'the lead replied',
  auto_replied: 'an automatic reply came',
  company_replied: 'another lead at the same company replied',
  unsubscribed: 'the lead unsubscribed',
  complained: 'the lead complained',
  bounced: 'the address is dead',
}

/** The words for a code; the code itself where there are none. */
export const wordsFor = (code: string): string => reasonWords[code] ?? code.replaceAll('_', ' ')

/** The meaning of the code and, unless it says the same, what was noted with it. */
export function withNote(code: string, note: string | null): string {
  const words = wordsFor(code)
  if (!note || words.includes(note)) return words
  return note.includes(words) ? note : `${words} (${note})`
}
