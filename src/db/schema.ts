import type { ColumnType, GeneratedAlways } from 'kysely'

// Written from the live catalogue by `npm run db:types`; a test fails when the two differ.

/** jsonb: read as a value to be parsed, written as JSON text. */
export type Json = ColumnType<unknown, string, string>

/** timestamptz: read as a Date, written as a Date or ISO 8601 text. */
export type Timestamp = ColumnType<Date, Date | string, Date | string>

/** interval: read as ISO 8601 text. */
export type Interval = ColumnType<string, string, string>

/** A column with a default: it may be left out of an insert. */
export type Defaulted<T> =
  T extends ColumnType<infer S, infer I, infer U>
    ? ColumnType<S, I | undefined, U>
    : ColumnType<T, T | undefined, T>

export interface AnalyticsAuditsTable {
  singleton: Defaulted<boolean>
  audited_at: Defaulted<Timestamp>
  differences: number
}

export interface AnalyticsSealedDaysTable {
  tenant_id: string | null
  through: string
  sealed_at: Defaulted<Timestamp>
}

export interface AnalyticsWatermarkTable {
  singleton: Defaulted<boolean>
  snapshot: string
  system_identifier: number
  passed_at: Defaulted<Timestamp>
  method: Defaulted<number>
  xid: string | null
}

export interface AuditLogTable {
  id: string
  tenant_id: string | null
  at: Defaulted<Timestamp>
  actor: string
  action: string
  entity_type: string
  entity_id: string
  details: Defaulted<Json>
}

export interface BillingAnalyticsTable {
  tenant_id: string
  period_start: string
  period_end: string
  emails_sent: number
  mailboxes_active: number
  contacts_reached: number
  updated_at: Defaulted<Timestamp>
  plan_emails: number | null
  plan_mailboxes: number | null
  plan_contacts: number | null
  emails_over: GeneratedAlways<number>
  mailboxes_over: GeneratedAlways<number>
  contacts_over: GeneratedAlways<number>
}

export interface BillingTouchedMonthsTable {
  tenant_id: string
  period_start: string
}

export interface CampaignAnalyticsTable {
  tenant_id: string
  campaign_id: string
  step_id: string | null
  sent: number
  delivered: number
  opened_tracked: number
  clicked_tracked: number
  replied: number
  bounced: number
  unsubscribed: number
  complained: number
  first_sent_on: string | null
  last_sent_on: string | null
  updated_at: Defaulted<Timestamp>
  variant: number | null
}

export interface CampaignLeadsTable {
  tenant_id: string
  campaign_id: string
  lead_id: string
  email_account_id: string
  status: Defaulted<'active' | 'finished' | 'stopped'>
  stopped_code: string | null
  stopped_reason: string | null
  last_step_id: string | null
  last_sent_at: Timestamp | null
  next_step_id: string | null
  next_due_at: Timestamp | null
  plan_at: Timestamp | null
  enrolled_at: Defaulted<Timestamp>
  ended_at: Timestamp | null
  held_until: Timestamp | null
}

export interface CampaignMailboxesTable {
  tenant_id: string
  campaign_id: string
  email_account_id: string
  position: number
  next_slot_at: Timestamp | null
  planned_on: string | null
  planned_count: Defaulted<number>
}

export interface CampaignPerformanceTable {
  tenant_id: string | null
  campaign_id: string | null
  campaign_name: string | null
  status: string | null
  sent: number | null
  delivered: number | null
  opened_tracked: number | null
  clicked_tracked: number | null
  replied: number | null
  updated_at: Timestamp | null
  delivery_rate: number | null
  open_rate: number | null
  click_rate: number | null
}

export interface CampaignPerformanceMvTable {
  tenant_id: string | null
  campaign_id: string | null
  campaign_name: string | null
  status: string | null
  sent: number | null
  delivered: number | null
  opened_tracked: number | null
  clicked_tracked: number | null
  replied: number | null
  updated_at: Timestamp | null
  delivery_rate: number | null
  open_rate: number | null
  click_rate: number | null
}

export interface CampaignStepVariantsTable {
  tenant_id: string
  step_id: string
  variant: number
  weight: Defaulted<number>
  template_id: string | null
  subject: Defaulted<string>
  content: string | null
  content_text: string | null
}

export interface CampaignStepsTable {
  tenant_id: string
  id: string
  campaign_id: string
  position: number
  step_name: Defaulted<string>
  template_id: string | null
  subject: Defaulted<string>
  content: string | null
  content_text: string | null
  delay: Defaulted<Json>
  quote_previous: Defaulted<boolean>
  is_active: Defaulted<boolean>
  created_at: Defaulted<Timestamp>
  has_variants: Defaulted<boolean>
}

export interface CampaignsTable {
  tenant_id: string
  id: string
  campaign_name: string
  status: Defaulted<'draft' | 'active' | 'paused' | 'completed'>
  status_reason: string | null
  lane: Defaulted<'high' | 'normal' | 'low'>
  timezone: Defaulted<string>
  configuration: Json
  seed: number
  enrolled_through: string | null
  enrolled_at: Timestamp | null
  scheduled_at: Timestamp | null
  started_at: Timestamp | null
  completed_at: Timestamp | null
  created_at: Defaulted<Timestamp>
  updated_at: Defaulted<Timestamp>
  guard_paused_at: Timestamp | null
  guarded_from: Timestamp | null
  daily_limit: number | null
  new_leads_per_day: number | null
}

export interface DailyAnalyticsTable {
  tenant_id: string
  campaign_id: string | null
  mailbox_id: string
  date: string
  emails_sent: Defaulted<number>
  emails_opened: Defaulted<number>
  emails_clicked: Defaulted<number>
  emails_replied: Defaulted<number>
  emails_bounced: Defaulted<number>
  emails_unsubscribed: Defaulted<number>
  emails_complained: Defaulted<number>
  total_opens: Defaulted<number>
  total_clicks: Defaulted<number>
  total_replies: Defaulted<number>
  auto_replies: Defaulted<number>
  machine_opens: Defaulted<number>
  machine_clicks: Defaulted<number>
  emails_delivered: Defaulted<number>
  open_rate: GeneratedAlways<number>
  click_rate: GeneratedAlways<number>
  reply_rate: GeneratedAlways<number>
  bounce_rate: GeneratedAlways<number>
  late_events: Defaulted<number>
  happened_sent: Defaulted<number>
  happened_deferred: Defaulted<number>
  happened_failed: Defaulted<number>
  happened_bounced: Defaulted<number>
  happened_opens: Defaulted<number>
  happened_clicks: Defaulted<number>
  happened_replies: Defaulted<number>
  happened_unsubscribed: Defaulted<number>
  happened_complained: Defaulted<number>
  created_at: Defaulted<Timestamp>
  updated_at: Defaulted<Timestamp>
}

export interface DailyStepAnalyticsTable {
  tenant_id: string
  campaign_id: string | null
  step_id: string | null
  mailbox_id: string
  date: string
  emails_sent: Defaulted<number>
  emails_opened: Defaulted<number>
  emails_clicked: Defaulted<number>
  emails_replied: Defaulted<number>
  emails_bounced: Defaulted<number>
  emails_unsubscribed: Defaulted<number>
  emails_complained: Defaulted<number>
  total_opens: Defaulted<number>
  total_clicks: Defaulted<number>
  total_replies: Defaulted<number>
  auto_replies: Defaulted<number>
  machine_opens: Defaulted<number>
  machine_clicks: Defaulted<number>
  emails_delivered: Defaulted<number>
  variant: number | null
}

export interface DeliveryCountersTable {
  tenant_id: string
  subject_type: 'mailbox' | 'recipient_domain'
  subject: string
  day: string
  hard: Defaulted<number>
  soft: Defaulted<number>
  blocked: Defaulted<number>
  complaints: Defaulted<number>
}

export interface DomainsTable {
  tenant_id: string
  id: string
  domain_name: string
  verification_status: Defaulted<'pending' | 'verified' | 'failed'>
  dns_records: Defaulted<Json>
  is_primary: Defaulted<boolean>
  created_at: Defaulted<Timestamp>
}

export interface EmailAccountsTable {
  tenant_id: string
  id: string
  email_address: string
  display_name: Defaulted<string>
  domain_id: string | null
  provider_id: Defaulted<string>
  mailbox_type: Defaulted<'personal' | 'shared' | 'system'>
  status: Defaulted<'active' | 'paused' | 'removed'>
  status_reason: string | null
  paused_until: Timestamp | null
  timezone: Defaulted<string>
  daily_limit: Defaulted<number>
  rolling_limit: number | null
  min_gap_seconds: Defaulted<number>
  gap_jitter: Defaulted<number>
  max_connections: Defaulted<number>
  smtp_host: string
  smtp_port: number
  smtp_security: Defaulted<'starttls' | 'tls' | 'none'>
  smtp_username: string | null
  smtp_insecure_auth: Defaulted<boolean>
  imap_host: string | null
  imap_port: number | null
  imap_security: Defaulted<'starttls' | 'tls' | 'none'>
  imap_username: string | null
  warmup_status: Defaulted<'none' | 'warming' | 'ready' | 'paused' | 'quarantined'>
  warmup_started_at: Timestamp | null
  created_at: Defaulted<Timestamp>
  updated_at: Defaulted<Timestamp>
  sync_interval_seconds: Defaulted<number>
  next_sync_at: Defaulted<Timestamp>
  last_synced_at: Timestamp | null
  sync_failures: Defaulted<number>
  sync_error: string | null
  plus_addressing: Defaulted<boolean>
  paused_code: string | null
  guard_paused_at: Timestamp | null
  guarded_from: Timestamp | null
  paused_at: Timestamp | null
  hourly_limit: number | null
}

export interface EmailAttachmentsTable {
  tenant_id: string
  message_id: string
  position: number
  filename: string | null
  content_type: string
  size_bytes: number
  sha256: Buffer | null
}

export interface EmailBodiesTable {
  tenant_id: string
  sha256: Buffer
  encoding: 'br' | 'identity'
  bytes: number
  truncated: Defaulted<boolean>
  body: Buffer
  created_at: Defaulted<Timestamp>
}

export interface EmailBouncesTable {
  tenant_id: string
  id: string
  report_id: string | null
  email_id: string
  email_account_id: string
  campaign_id: string | null
  lead_id: string | null
  address: string
  bounce_type: 'hard' | 'soft' | 'delayed' | 'complaint' | 'other'
  bounce_class: string
  bounce_reason: string | null
  permanent: boolean
  address_dead: boolean
  status_code: string | null
  smtp_code: number | null
  diagnostic: string | null
  remote_mta: string | null
  evidence: Defaulted<Json>
  bounced_at: Timestamp
  created_at: Defaulted<Timestamp>
  pending: Defaulted<boolean>
  mailbox_id: GeneratedAlways<string | null>
}

export interface EmailClicksTable {
  id: string | null
  email_id: string | null
  campaign_id: string | null
  mailbox_id: string | null
  tenant_id: string | null
  lead_id: string | null
  clicked_url: string | null
  clicked_at: Timestamp | null
  ip_address: string | null
  user_agent: string | null
  machine: boolean | null
  machine_reason: string | null
  created_at: Timestamp | null
}

export interface EmailEventKeysTable {
  tenant_id: string
  id: string
  recorded_at: Defaulted<Timestamp>
}

export interface EmailEventsTable {
  class: 'delivery' | 'engagement' | 'warmup'
  recorded_at: Defaulted<Timestamp>
  id: string
  tenant_id: string
  type:
    | 'sent'
    | 'deferred'
    | 'failed'
    | 'skipped'
    | 'unknown'
    | 'bounced'
    | 'opened'
    | 'clicked'
    | 'replied'
    | 'auto_replied'
    | 'unsubscribed'
    | 'complained'
    | 'warmup_sent'
    | 'warmup_opened'
    | 'warmup_replied'
  occurred_at: Timestamp
  email_id: string
  attempt: number
  campaign_id: string | null
  step_id: string | null
  lead_id: string | null
  email_account_id: string
  sent_on: string | null
  machine: Defaulted<boolean>
  data: Defaulted<Json>
  xid: Defaulted<string>
  variant: number | null
}

export interface EmailFoldersTable {
  tenant_id: string
  id: string
  email_account_id: string
  path: string
  folder_type: 'inbox' | 'junk' | 'sent' | 'all'
  uid_validity: number | null
  last_uid: Defaulted<number>
  highest_modseq: string | null
  reseeding: Defaulted<boolean>
  message_count: Defaulted<number>
  listed_at: Timestamp | null
  synced_at: Timestamp | null
  suspect_uid: number | null
  suspect_attempts: Defaulted<number>
}

export interface EmailLooksTable {
  tenant_id: string
  id: string
  email_id: string
  attempt: number
  look: number
  looked_at: Defaulted<Timestamp>
  folders: Defaulted<string[]>
  result: 'found' | 'absent' | 'failed' | 'none'
  controlled: Defaulted<boolean>
  followed_by: 'sent' | 'look' | 'parked' | 'scheduled'
  reason: string
}

export interface EmailMessagesTable {
  tenant_id: string
  id: string
  email_account_id: string
  folder_id: string
  uid_validity: number
  imap_uid: number
  direction: Defaulted<'inbound' | 'outbound'>
  message_type:
    | 'report'
    | 'complaint'
    | 'auto_reply'
    | 'challenge'
    | 'unsubscribe'
    | 'warmup'
    | 'reply'
    | 'other'
    | 'unreadable'
  status: Defaulted<'pending' | 'processed' | 'unmatched' | 'unreadable'>
  reason: string | null
  from_email: string | null
  to_email: string | null
  subject: string | null
  message_id: string | null
  in_reply_to: string | null
  thread_id: string | null
  internal_date: Timestamp
  size_bytes: number
  message_sha256: Buffer | null
  body_sha256: Buffer | null
  attempts: Defaulted<number>
  email_id: string | null
  campaign_id: string | null
  lead_id: string | null
  matched_by: 'verp' | 'message_id' | 'ref' | 'original_recipient' | 'recency' | 'thread' | null
  facts: Defaulted<Json>
  received_at: Defaulted<Timestamp>
  processed_at: Timestamp | null
}

export interface EmailOpensTable {
  id: string | null
  email_id: string | null
  campaign_id: string | null
  mailbox_id: string | null
  tenant_id: string | null
  lead_id: string | null
  opened_at: Timestamp | null
  ip_address: string | null
  user_agent: string | null
  machine: boolean | null
  machine_reason: string | null
  created_at: Timestamp | null
}

export interface EmailProvidersTable {
  id: string
  name: string
  smtp_host: string | null
  smtp_port: number | null
  imap_host: string | null
  imap_port: number | null
  max_connections: Defaulted<number>
  files_sent_mail: Defaulted<boolean>
  rewrites_message_id: Defaulted<boolean>
  rate_limits: Defaulted<Json>
  capabilities: Defaulted<Json>
}

export interface EmailRepliesTable {
  id: string | null
  email_id: string | null
  campaign_id: string | null
  mailbox_id: string | null
  tenant_id: string | null
  lead_id: string | null
  replied_at: Timestamp | null
  message_id: string | null
  automatic: boolean | null
  kind: string | null
  created_at: Timestamp | null
}

export interface EmailsTable {
  tenant_id: string
  id: string
  kind: Defaulted<'campaign' | 'transactional' | 'warmup'>
  campaign_id: string | null
  lead_id: string | null
  step_id: string | null
  idempotency_key: string | null
  email_account_id: string
  lane: Defaulted<'high' | 'normal' | 'low'>
  to_address: string
  to_domain: GeneratedAlways<string>
  content: Json | null
  status: Defaulted<'scheduled' | 'held' | 'submitting' | 'sent' | 'failed' | 'skipped' | 'unknown'>
  due_at: Timestamp
  first_due_at: Timestamp
  attempt: Defaulted<number>
  transient_failures: Defaulted<number>
  claim_id: string | null
  claimed_at: Timestamp | null
  lease_until: Timestamp | null
  budget_keys: Defaulted<string[]>
  message_id: string | null
  server_message_id: string | null
  ref: string | null
  subject: string | null
  sent_at: Timestamp | null
  sent_on: string | null
  reply_code: number | null
  enhanced_status: string | null
  reply_text: string | null
  reason_code: string | null
  error_message: string | null
  duplicate_suspected: Defaulted<boolean>
  opened_at: Timestamp | null
  clicked_at: Timestamp | null
  replied_at: Timestamp | null
  bounced_at: Timestamp | null
  complained_at: Timestamp | null
  bounce_type: string | null
  bounce_reason: string | null
  created_at: Defaulted<Timestamp>
  updated_at: Defaulted<Timestamp>
  unknown_at: Timestamp | null
  look_attempt: number | null
  looks: Defaulted<number>
  next_look_at: Timestamp | null
  parked_code: string | null
  parked_reason: string | null
  is_follow_up: Defaulted<boolean>
  held_at: Timestamp | null
  unsubscribed_at: Timestamp | null
  variant: number | null
}

export interface FleetEpochTable {
  singleton: Defaulted<boolean>
  system_identifier: number
  timeline: number
  noted_at: Defaulted<Timestamp>
  database_oid: Defaulted<number>
  ledger_oid: Defaulted<number>
}

export interface JobLogsTable {
  id: string
  queue_name: string
  job_id: string | null
  job_key: string | null
  status: 'done' | 'continued' | 'retried' | 'rejected' | 'aggregated'
  log_message: string | null
  attempt_number: Defaulted<number>
  job_count: Defaulted<number>
  changed: Defaulted<number>
  started_at: Timestamp
  finished_at: Timestamp
  duration: GeneratedAlways<Interval | null>
  created_at: Defaulted<Timestamp>
}

export interface JobQueuesTable {
  name: string | null
  policy: string | null
  retry_limit: number | null
  dead_letter: string | null
  is_active: boolean | null
  created_at: Timestamp | null
  updated_at: Timestamp | null
}

export interface JobsTable {
  id: string | null
  queue_name: string | null
  status: string | null
  priority: number | null
  payload: Json | null
  attempt_count: number | null
  max_attempts: number | null
  run_at: Timestamp | null
  started_at: Timestamp | null
  completed_at: Timestamp | null
  failed_at: Timestamp | null
  last_error_message: string | null
  singleton_key: string | null
  expire_in: Interval | null
  keep_until: Timestamp | null
  created_at: Timestamp | null
}

export interface LaneWakesTable {
  id: GeneratedAlways<number>
  tenant_id: string
  email_account_id: string
  lane: string
  wake_at: Defaulted<Timestamp>
}

export interface LeadStatsTable {
  tenant_id: string | null
  lead_id: string | null
  emails_sent: number | null
  emails_opened: number | null
  emails_clicked: number | null
  emails_replied: number | null
  emails_bounced: number | null
  unsubscribed: boolean | null
  complained: boolean | null
  first_sent_at: Timestamp | null
  last_sent_at: Timestamp | null
  last_engaged_at: Timestamp | null
}

export interface LeadsTable {
  tenant_id: string
  id: string
  email: string
  first_name: string | null
  last_name: string | null
  company: string | null
  position: string | null
  timezone: string | null
  tags: Defaulted<string[]>
  metadata: Defaulted<Json>
  imported_at: Defaulted<Timestamp>
  updated_at: Defaulted<Timestamp>
}

export interface MailboxCredentialsTable {
  tenant_id: string
  email_account_id: string
  field: 'smtp_password' | 'imap_password'
  key_id: string
  sealed: Buffer
  updated_at: Defaulted<Timestamp>
}

export interface QueueHealthDashboardTable {
  queue_name: string | null
  pending_jobs: number | null
  running_jobs: number | null
  avg_queue_age_seconds: number | null
  failed_jobs: number | null
  retried_jobs: number | null
  oldest_job: Timestamp | null
  newest_job: Timestamp | null
}

export interface RecipientCooldownsTable {
  tenant_id: string
  provider: string
  until_at: Timestamp
  failures: Defaulted<number>
  code: string
  reason: string
  updated_at: Defaulted<Timestamp>
}

export interface RecipientDomainsTable {
  domain: string
  provider: string
  mx_host: string | null
  looked_up_at: Defaulted<Timestamp>
  refresh_at: Timestamp
}

export interface SchedulerTicksTable {
  task: string
  worker: string
  ticked_at: Defaulted<Timestamp>
}

export interface SendBudgetsTable {
  key: string
  tenant_id: string
  used: Defaulted<number>
  buckets: Defaulted<number[]>
  bucket_at: Timestamp | null
  ready_at: Timestamp | null
  updated_at: Defaulted<Timestamp>
}

export interface SendingLanesTable {
  tenant_id: string
  email_account_id: string
  lane: 'high' | 'normal' | 'low'
  blocked_until: Timestamp | null
  blocked_code: string | null
  blocked_reason: string | null
}

export interface SmtpHostsTable {
  host: string
  port: number
  connect_failures: Defaulted<number>
  last_failure: string | null
  last_failed_at: Timestamp | null
  opened_until: Timestamp | null
}

export interface SuppressionsTable {
  id: string
  tenant_id: string | null
  scope: 'address' | 'domain'
  value: string
  reason: string
  source: string
  evidence: Defaulted<Json>
  expires_at: Timestamp | null
  created_at: Defaulted<Timestamp>
}

export interface SystemNotificationsTable {
  id: string
  created_at: Defaulted<Timestamp>
  category: string
  title: string
  message: string
  severity: Defaulted<'info' | 'warning' | 'critical'>
  is_resolved: Defaulted<boolean>
  resolved_at: Timestamp | null
  resolved_by: string | null
  tenant_id: string | null
  user_id: string | null
  key: string
  entity_type: string | null
  entity_id: string | null
  details: Defaulted<Json>
  last_seen_at: Defaulted<Timestamp>
}

export interface TemplatesTable {
  tenant_id: string
  id: string
  template_name: string
  subject: Defaulted<string>
  content: string
  content_text: string | null
  variables: Defaulted<Json>
  is_active: Defaulted<boolean>
  created_at: Defaulted<Timestamp>
  updated_at: Defaulted<Timestamp>
}

export interface TenantPlansTable {
  tenant_id: string
  month: string
  plan_emails: number | null
  plan_mailboxes: number | null
  plan_contacts: number | null
}

export interface TenantsTable {
  id: string
  name: string
  domain: string | null
  status: Defaulted<'active' | 'suspended'>
  timezone: Defaulted<string>
  unknown_policy: Defaulted<'never_resend' | 'resend_if_absent'>
  settings: Defaulted<Json>
  created_at: Defaulted<Timestamp>
  updated_at: Defaulted<Timestamp>
  daily_limit: number | null
  domain_per_minute: number | null
  provider_per_minute: number | null
  warmup_pool: Defaulted<'none' | 'closed' | 'shared'>
  plan_emails: number | null
  plan_mailboxes: number | null
  plan_contacts: number | null
  event_days: number | null
}

export interface WarmupAccountsTable {
  tenant_id: string
  email_account_id: string
  ramp_start: Defaulted<number>
  ramp_step: Defaulted<number>
  ramp_ceiling: Defaulted<number>
  weekdays_only: Defaulted<boolean>
  jitter: Defaulted<number>
  reply_share: Defaulted<number>
  language: Defaulted<'en' | 'de' | 'es'>
  folder: Defaulted<string>
  started_on: string
  seed: number
  paused_at: Timestamp | null
  paused_reason: string | null
  health: Defaulted<'healthy' | 'watch' | 'throttled' | 'quarantined'>
  health_since: Defaulted<Timestamp>
  health_reason: string | null
  next_round_at: Defaulted<Timestamp>
  last_round_at: Timestamp | null
  last_round_note: string | null
  round_failures: Defaulted<number>
  created_at: Defaulted<Timestamp>
  updated_at: Defaulted<Timestamp>
  ready_at: Timestamp | null
  health_before: 'healthy' | 'watch' | 'throttled' | null
}

export interface WarmupAcquaintancesTable {
  tenant_id: string
  email_account_id: string
  partner_mailbox: string
  conversations: number
}

export interface WarmupDailyStatsTable {
  tenant_id: string
  email_account_id: string
  date: string
  ramp_cap: Defaulted<number>
  emails_sent: Defaulted<number>
  campaign_sent: Defaulted<number>
  inbox_count: Defaulted<number>
  junk_count: Defaulted<number>
  rescued: Defaulted<number>
  opens_received: Defaulted<number>
  replies_received: Defaulted<number>
  replies_sent: Defaulted<number>
  bounces: Defaulted<number>
  complaints: Defaulted<number>
  reputation_score: Defaulted<number>
  placement: Defaulted<Json>
  created_at: Defaulted<Timestamp>
  updated_at: Defaulted<Timestamp>
  mailbox_id: GeneratedAlways<string | null>
}

export interface WarmupExchangesTable {
  tenant_id: string
  id: string
  email_account_id: string
  side: 'sender' | 'receiver'
  token: string
  thread_token: string
  depth: Defaulted<number>
  partner_mailbox: string
  partner_domain: string
  partner_provider: string
  plan_date: string
  planned_at: Timestamp
  email_id: string | null
  found_at: Timestamp | null
  placement: 'inbox' | 'junk' | null
  act_after: Timestamp | null
  wants_reply: Defaulted<boolean>
  reply_after: Timestamp | null
  finished_at: Timestamp | null
  note: string | null
  unsent: Defaulted<boolean>
}

export interface WarmupInteractionsTable {
  tenant_id: string
  id: string
  email_account_id: string
  interaction_type: 'sent' | 'received' | 'rescued' | 'read' | 'flagged' | 'replied' | 'filed'
  partner_mailbox: string
  token: string
  placement: 'inbox' | 'junk' | null
  email_id: string | null
  interaction_at: Defaulted<Timestamp>
  created_at: Defaulted<Timestamp>
}

export interface WarmupPlansTable {
  tenant_id: string
  email_account_id: string
  plan_date: string
  wanted: number
  planned: number
  note: string | null
  created_at: Defaulted<Timestamp>
}

export interface WarmupRejectsTable {
  tenant_id: string
  email_account_id: string
  date: string
  reason: 'forged' | 'replayed' | 'misdirected'
  count: Defaulted<number>
}

export interface Database {
  analytics_audits: AnalyticsAuditsTable
  analytics_sealed_days: AnalyticsSealedDaysTable
  analytics_watermark: AnalyticsWatermarkTable
  audit_log: AuditLogTable
  billing_analytics: BillingAnalyticsTable
  billing_touched_months: BillingTouchedMonthsTable
  campaign_analytics: CampaignAnalyticsTable
  campaign_leads: CampaignLeadsTable
  campaign_mailboxes: CampaignMailboxesTable
  campaign_performance: CampaignPerformanceTable
  campaign_performance_mv: CampaignPerformanceMvTable
  campaign_step_variants: CampaignStepVariantsTable
  campaign_steps: CampaignStepsTable
  campaigns: CampaignsTable
  daily_analytics: DailyAnalyticsTable
  daily_step_analytics: DailyStepAnalyticsTable
  delivery_counters: DeliveryCountersTable
  domains: DomainsTable
  email_accounts: EmailAccountsTable
  email_attachments: EmailAttachmentsTable
  email_bodies: EmailBodiesTable
  email_bounces: EmailBouncesTable
  email_clicks: EmailClicksTable
  email_event_keys: EmailEventKeysTable
  email_events: EmailEventsTable
  email_folders: EmailFoldersTable
  email_looks: EmailLooksTable
  email_messages: EmailMessagesTable
  email_opens: EmailOpensTable
  email_providers: EmailProvidersTable
  email_replies: EmailRepliesTable
  emails: EmailsTable
  fleet_epoch: FleetEpochTable
  job_logs: JobLogsTable
  job_queues: JobQueuesTable
  jobs: JobsTable
  lane_wakes: LaneWakesTable
  lead_stats: LeadStatsTable
  leads: LeadsTable
  mailbox_credentials: MailboxCredentialsTable
  queue_health_dashboard: QueueHealthDashboardTable
  recipient_cooldowns: RecipientCooldownsTable
  recipient_domains: RecipientDomainsTable
  scheduler_ticks: SchedulerTicksTable
  send_budgets: SendBudgetsTable
  sending_lanes: SendingLanesTable
  smtp_hosts: SmtpHostsTable
  suppressions: SuppressionsTable
  system_notifications: SystemNotificationsTable
  templates: TemplatesTable
  tenant_plans: TenantPlansTable
  tenants: TenantsTable
  warmup_accounts: WarmupAccountsTable
  warmup_acquaintances: WarmupAcquaintancesTable
  warmup_daily_stats: WarmupDailyStatsTable
  warmup_exchanges: WarmupExchangesTable
  warmup_interactions: WarmupInteractionsTable
  warmup_plans: WarmupPlansTable
  warmup_rejects: WarmupRejectsTable
}
