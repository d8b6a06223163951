/** What the machine decides by, as rows say it. Everything is read at one `now` of the database. */
export interface FleetFacts {
  /** Since a scheduler last did anything; null: none ever did. */
  schedulerSilentSeconds: number | null
  /** The database was promoted, restored or copied: nothing is claimed. */
  recoveryNeeded: boolean
}

/** One mailbox at one priority. */
export interface LaneFacts {
  now: Date
  fleet: FleetFacts
  tenant: { id: string; name: string; status: 'active' | 'suspended' }
  mailbox: {
    id: string
    address: string
    status: 'active' | 'paused' | 'removed'
    statusReason: string | null
    pausedUntil: Date | null
    /** By a guardrail, which resumes it once the rate has fallen. */
    guardPaused: boolean
  }
  lane: 'high' | 'normal' | 'low'
  blockedCode: string | null
  blockedReason: string | null
  blockedUntil: Date | null
  host: { name: string; openedUntil: Date | null; lastFailure: string | null }
  /** What its limits leave of a day's emails, gaps between them aside; a block if nothing may go now. */
  budget: { daily: number; left: number; block: { code: string; reason: string; until: Date } | null }
  /** Its live job, if there is one: in a worker's hands, or waiting since when. */
  job: { running: boolean; since: Date } | null
  /** Jobs of this priority that are in workers' hands, over all lanes. */
  runningBeside: number
  /** When it is woken next, if a wake is noted. */
  wakeAt: Date | null
}

export interface EmailRow {
  id: string
  to: string
  status: 'scheduled' | 'held' | 'submitting' | 'sent' | 'failed' | 'skipped' | 'unknown'
  dueAt: Date
  attempt: number
  code: string | null
  reason: string | null
  replyCode: number | null
  enhancedStatus: string | null
  replyText: string | null
  claimedAt: Date | null
  leaseUntil: Date | null
  sentAt: Date | null
  updatedAt: Date
  bouncedAt: Date | null
  bounceReason: string | null
  complainedAt: Date | null
  repliedAt: Date | null
  duplicateSuspected: boolean
  /** Of an unknown outcome: what is done about it. */
  looks: number
  nextLookAt: Date | null
  parkedCode: string | null
  parkedReason: string | null
}

export interface SuppressionFacts {
  scope: 'address' | 'domain'
  value: string
  reason: string
  source: string
  since: Date
  until: Date | null
  /** What the report said, if one led to it. */
  evidence: string | null
}

/** One email with all that decides about it. */
export interface EmailFacts {
  email: EmailRow
  lane: LaneFacts
  campaign: {
    name: string
    status: 'draft' | 'active' | 'paused' | 'completed'
    statusReason: string | null
    guardPaused: boolean
    step: number | null
  } | null
  enrolment: EnrolmentFacts | null
  suppression: SuppressionFacts | null
  /** Until when the tenant leaves the recipient's provider alone, and in whose words. */
  cooldown: { provider: string; until: Date; reason: string } | null
  /** A limit of its campaign that leaves nothing today. */
  limit: { code: string; reason: string; until: Date } | null
  /** When its campaign's window lets it leave; null: not within a year. Absent for emails of no campaign. */
  window?: { opensAt: Date | null; staleAt: Date | null } | undefined
}

export interface EnrolmentFacts {
  status: 'active' | 'finished' | 'stopped'
  stoppedCode: string | null
  stoppedReason: string | null
  endedAt: Date | null
  heldUntil: Date | null
  planAt: Date | null
}

/** Something that keeps an email from leaving. */
export interface Cause {
  code: string
  words: string
  /** Null: until somebody acts. Undefined: it ends by itself, nobody can say when. */
  until?: Date | null | undefined
}

/** What is asked about, what its state is, and what it waits for or what ended it. */
export interface Explanation {
  type: 'email' | 'lead' | 'campaign' | 'mailbox' | 'tenant'
  id: string
  name: string
  state: string
  /** One sentence. */
  answer: string
  /** What it waits for, the first deciding; empty once it has ended. */
  causes: Cause[]
  /** The server's own words, proofs, what follows. */
  details: string[]
  /** Of a group: how many wait for what, the most first. */
  groups?: Group[]
  parts?: Explanation[]
}

export interface Group extends Cause {
  count: number
}
