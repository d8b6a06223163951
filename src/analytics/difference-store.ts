import { sql } from 'kysely'

/** Where what is stored is not what it is derived from. */
export interface Difference {
  what:
    | 'daily_step_analytics'
    | 'daily_analytics'
    | 'campaign_analytics'
    | 'billing_analytics'
    /** The first facts of an email. */
    | 'emails'
  comparedWith: 'events' | 'events by day of writing' | 'days' | 'days, ledger and plan' | 'ledger'
  tenantId: string
  campaignId: string | null
  mailboxId: string | null
  emailId: string | null
  stepId: string | null
  /** A, B, …; null: the step has none. */
  variant: string | null
  /** YYYY-MM-DD, the first of a month in billing_analytics; null for a sum of all days. */
  date: string | null
  /** By column; null: there is no row. */
  stored: Record<string, Figure> | null
  computed: Record<string, Figure> | null
}

/** A count, or a day or a time (ISO 8601). */
export type Figure = number | string | null

export interface AuditedDays {
  from: string
  to: string
}

/** The columns of a row as an object, for `stored` and `computed`. */
export const asObject = (row: string, columns: readonly string[]) =>
  sql.raw(`jsonb_build_object(${columns.map((name) => `'${name}', ${row}.${name}`).join(', ')})`)

/** The columns of a row as one value, to be compared. */
export const asRow = (row: string, columns: readonly string[]) =>
  sql.raw(`(${columns.map((name) => `${row}.${name}`).join(', ')})`)
