import { AppError } from '../core/errors.ts'

export const leadFields = ['email', 'first_name', 'last_name', 'company', 'position', 'timezone'] as const
export type LeadField = (typeof leadFields)[number]

/** What stands in each column of the file: a field of the lead, a key of its metadata, or nothing. */
export type Column = { field: LeadField } | { key: string } | { ignored: true }

const otherNames: ReadonlyMap<string, LeadField> = new Map([
  ['e_mail', 'email'],
  ['mail', 'email'],
  ['email_address', 'email'],
  ['firstname', 'first_name'],
  ['given_name', 'first_name'],
  ['lastname', 'last_name'],
  ['surname', 'last_name'],
  ['family_name', 'last_name'],
  ['company_name', 'company'],
  ['organisation', 'company'],
  ['organization', 'company'],
  ['title', 'position'],
  ['job_title', 'position'],
  ['time_zone', 'timezone'],
])

/** Throws `invalid_input` when there is no email column, or when two columns mean the same. */
export function mapHeader(names: readonly string[]): Column[] {
  const columns = names.map(toColumn)
  const meanings = columns.map(meaningOf)
  if (!meanings.includes('email'))
    throw new AppError(
      'invalid_input',
      `The file has no column "email". Its first line names: ${names.map((name) => `"${name}"`).join(', ')}.`,
    )
  const twice = meanings.find((meaning, index) => meaning && meanings.indexOf(meaning) !== index)
  if (twice) throw new AppError('invalid_input', `Two columns of the file mean "${twice}". Rename one.`)
  return columns
}

/** The one of comma, semicolon and tab that stands most often in the first line, outside quotes. */
export function detectDelimiter(firstLine: string): string {
  const bare = firstLine.replaceAll(/"[^"]*"/g, '')
  const count = (delimiter: string) => bare.split(delimiter).length
  return [',', ';', '\t'].reduce((best, next) => (count(next) > count(best) ? next : best))
}

/** "Deal Size" → deal_size: the name by which a template refers to it. */
function toColumn(name: string): Column {
  const key = name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '_')
    .replaceAll(/^_|_$/g, '')
  if (key === '') return { ignored: true }
  const field = leadFields.find((candidate) => candidate === key) ?? otherNames.get(key)
  return field ? { field } : { key }
}

function meaningOf(column: Column): string | undefined {
  if ('field' in column) return column.field
  return 'key' in column ? column.key : undefined
}
