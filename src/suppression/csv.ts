import { normaliseAddress } from '../core/email-address.ts'
import { AppError } from '../core/errors.ts'
import type { NewSuppression } from './store.ts'

/** Which column holds what; the value is an address or a domain. */
export interface SuppressionColumns {
  value: number
  reason: number
  source: number
  expiresAt: number
}

export type SuppressionRow = { ok: true; suppression: NewSuppression } | { ok: false; reason: string }

// In this order: a list with addresses and their domains is one of addresses.
const valueNames = ['value', 'email', 'address', 'email_address', 'e_mail', 'domain']
/** Sources of an exported list that are kept: what a recipient asked for outranks the rest. */
const keptSources = new Set(['complaint', 'unsubscribe'])

/** The columns of an exported file, in its order. */
export const exportColumns = ['value', 'scope', 'reason', 'source', 'created_at', 'expires_at'] as const

/** Undefined when the first line is no header but an entry. Throws `invalid_input` when it is neither. */
export function suppressionColumns(names: readonly string[]): SuppressionColumns | undefined {
  const keys = names.map((name) =>
    name
      .trim()
      .toLowerCase()
      .replaceAll(/[\s-]+/g, '_'),
  )
  const at = (key: string) => keys.indexOf(key)
  const value = valueNames.map(at).find((index) => index >= 0)
  if (value !== undefined)
    return { value, reason: at('reason'), source: at('source'), expiresAt: at('expires_at') }
  if (readValue(names[0] ?? '').ok) return undefined
  const shown = names.map((name) => `"${name}"`).join(', ')
  const wanted = 'It needs a column "value", "email" or "domain", or one address a line.'
  throw new AppError('invalid_input', `The file's first line names ${shown}. ${wanted}`)
}

/** One address or domain a line. */
export const bareColumns: SuppressionColumns = { value: 0, reason: -1, source: -1, expiresAt: -1 }

export function readSuppressionRow(
  columns: SuppressionColumns,
  values: readonly string[],
  reason: string,
): SuppressionRow {
  const cell = (index: number) => values[index]?.trim() || undefined
  const value = readValue(cell(columns.value) ?? '')
  if (!value.ok) return value
  const expires = cell(columns.expiresAt)
  const expiresAt = expires === undefined ? null : readTime(expires)
  if (expiresAt === undefined)
    return { ok: false, reason: `"${expires}" is not a date such as 2027-01-31 or 2027-01-31T18:00:00Z` }
  const source = cell(columns.source) ?? ''
  return {
    ok: true,
    suppression: {
      scope: value.scope,
      value: value.value,
      reason: cell(columns.reason) ?? reason,
      source: keptSources.has(source) ? source : 'import',
      expiresAt,
    },
  }
}

/** ISO 8601 and nothing that the machine's zone or language would decide: UTC where no offset is given. */
function readTime(text: string): Date | undefined {
  const parts =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i.exec(
      text,
    )
  if (!parts) return undefined
  const [, day, time = '00:00', zone = 'Z'] = parts
  const offset = /^[+-]\d{2}$/.test(zone) ? `${zone}:00` : zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2')
  const read = new Date(`${day}T${time}${offset.toUpperCase()}`)
  return Number.isNaN(read.getTime()) ? undefined : read
}

type ReadValue = { ok: true; scope: 'address' | 'domain'; value: string } | { ok: false; reason: string }

/** An address, or the domain of many (`oak.test`, `@oak.test`), as it is stored and compared. */
export function readValue(input: string): ReadValue {
  const bare = input.trim().replace(/^@/, '')
  if (bare === '') return { ok: false, reason: 'neither an address nor a domain is given' }
  if (bare.includes('@')) {
    const address = normaliseAddress(bare)
    return address.ok ? { ok: true, scope: 'address', value: address.address } : address
  }
  const verdict = normaliseAddress(`anyone@${bare}`)
  if (!verdict.ok) return { ok: false, reason: `"${bare}" is neither an address nor a domain` }
  return { ok: true, scope: 'domain', value: verdict.address.slice('anyone@'.length) }
}
