import { normaliseAddress } from '../core/email-address.ts'
import { findTimeZone } from '../core/time-zone.ts'
import type { Column, LeadField } from './header.ts'

export interface NewLead {
  email: string
  first_name: string | null
  last_name: string | null
  company: string | null
  position: string | null
  timezone: string | null
  metadata: Record<string, string>
}

export type RowVerdict = { ok: true; lead: NewLead } | { ok: false; reason: string }

const maxLengths: Record<LeadField, number> = {
  email: 320,
  first_name: 100,
  last_name: 100,
  company: 200,
  position: 200,
  timezone: 100,
}
const maxMetadataLength = 2_000

/** Empty cells say nothing: they become null, or are left out of the metadata. */
export function readRow(columns: readonly Column[], values: readonly string[]): RowVerdict {
  if (values.length !== columns.length)
    return {
      ok: false,
      reason: `has ${plural(values.length, 'column')}, the first line has ${columns.length}`,
    }
  const fields: Partial<Record<LeadField, string>> = {}
  const metadata: [string, string][] = []
  for (const [index, column] of columns.entries()) {
    const value = values[index]?.trim() ?? ''
    if (value === '') continue
    const tooLong = lengthProblem(column, value)
    if (tooLong) return { ok: false, reason: tooLong }
    if ('field' in column) fields[column.field] = value.replaceAll(/\s+/g, ' ')
    if ('key' in column) metadata.push([column.key, value])
  }
  return toLead(fields, Object.fromEntries(metadata))
}

function toLead(fields: Partial<Record<LeadField, string>>, metadata: Record<string, string>): RowVerdict {
  const verdict = normaliseAddress(fields.email ?? '')
  if (!verdict.ok) return verdict
  const timezone = fields.timezone && findTimeZone(fields.timezone)
  if (fields.timezone && !timezone) return { ok: false, reason: `"${fields.timezone}" is not a time zone` }
  const lead = {
    email: verdict.address,
    first_name: fields.first_name ?? null,
    last_name: fields.last_name ?? null,
    company: fields.company ?? null,
    position: fields.position ?? null,
    timezone: timezone || null,
    metadata,
  }
  return { ok: true, lead }
}

function lengthProblem(column: Column, value: string): string | undefined {
  if ('ignored' in column) return undefined
  const [name, limit] =
    'field' in column ? [column.field, maxLengths[column.field]] : [column.key, maxMetadataLength]
  return value.length > limit ? `${name} is longer than ${limit} characters` : undefined
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
