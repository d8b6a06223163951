import type { MailboxLimits } from './budgets.ts'

/** What a tenant has set for all of its mailboxes; null is no limit. */
export interface TenantLimits {
  timezone: string
  dailyLimit: number | null
  domainPerMinute: number | null
  providerPerMinute: number | null
  /** A campaign of it has a limit of its own. */
  hasLimitedCampaigns: boolean
}

/** A mailbox at one priority. */
export interface LaneRef {
  tenantId: string
  mailboxId: string
  lane: 'high' | 'normal' | 'low'
}

/** A mailbox lane as the claim reads it. */
export interface LaneState extends LaneRef {
  tenantStatus: 'active' | 'suspended'
  status: 'active' | 'paused' | 'removed'
  statusReason: string | null
  pausedUntil: Date | null
  blockedUntil: Date | null
  blockedCode: string | null
  hostOpenedUntil: Date | null
  emailAddress: string
  /** Whether it writes to the others of its pool. */
  warmupStatus: 'none' | 'warming' | 'ready' | 'paused' | 'quarantined'
  limits: MailboxLimits
  tenant: TenantLimits
}

/** `until` null: until somebody acts. */
export interface LaneBlock {
  until: Date | null
  code: string
  reason: string
}

/** What keeps the whole lane from sending at `now`, budgets aside. */
export function laneBlock(state: LaneState, now: Date): LaneBlock | undefined {
  if (state.tenantStatus !== 'active') {
    return { until: null, code: 'tenant_suspended', reason: 'the tenant is suspended' }
  }
  if (state.status === 'removed') {
    return { until: null, code: 'mailbox_removed', reason: 'the mailbox was removed' }
  }
  if (state.status === 'paused' && !(state.pausedUntil && state.pausedUntil <= now)) {
    const reason = `the mailbox is paused: ${state.statusReason ?? 'by hand'}`
    return { until: state.pausedUntil, code: 'mailbox_paused', reason }
  }
  if (state.hostOpenedUntil && state.hostOpenedUntil > now) {
    return {
      until: state.hostOpenedUntil,
      code: 'host_unreachable',
      reason: 'the SMTP host cannot be reached',
    }
  }
  // A cool-down that a session has set on the lane; budgets are decided anew at every claim.
  if (state.blockedCode === 'connect_failed' && state.blockedUntil && state.blockedUntil > now) {
    return { until: state.blockedUntil, code: 'connect_failed', reason: 'the last connection failed' }
  }
  return undefined
}
