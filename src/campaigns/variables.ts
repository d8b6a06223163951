/** What a text may say about a lead: the columns of its row that templates see. */
export interface LeadFields {
  id: string
  email: string
  first_name: string | null
  last_name: string | null
  company: string | null
  position: string | null
  timezone: string | null
  /** The further columns of the CSV file. */
  metadata: unknown
}

export interface Sender {
  fromName: string
  address: string
}

export type Variables = Record<string, unknown>

const maxDepth = 4

/**
 * Blank values are left out, so that they count as missing. A column `Company size` is `company_size` as well;
 * a column never replaces a field of the lead.
 */
export function leadVariables(lead: LeadFields): Variables {
  const variables: Variables = Object.create(null)
  for (const [column, value] of entries(lead.metadata)) {
    put(variables, column, value)
    put(variables, variableName(column), value)
  }
  put(variables, 'email', lead.email)
  put(variables, 'first_name', lead.first_name)
  put(variables, 'last_name', lead.last_name)
  put(variables, 'company', lead.company)
  put(variables, 'position', lead.position)
  return variables
}

/** `sender_email`, `sender_name` and the first word of that name, `sender_first_name`. */
export function senderVariables({ fromName, address }: Sender): Variables {
  const variables: Variables = Object.create(null)
  put(variables, 'sender_email', address)
  put(variables, 'sender_name', fromName)
  put(variables, 'sender_first_name', fromName.trim().split(/\s+/)[0])
  return variables
}

/** How a column's name is written in a template. */
function variableName(column: string): string {
  return column
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '')
}

function put(variables: Variables, name: string, value: unknown): void {
  const kept = withoutBlanks(value, maxDepth)
  if (name.trim() !== '' && kept !== undefined) variables[name] = kept
}

function withoutBlanks(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.trim() || undefined
  if (value === null || depth === 0) return undefined
  if (Array.isArray(value)) return value
  if (typeof value !== 'object') return value
  const kept: Variables = Object.create(null)
  for (const [key, inner] of entries(value)) {
    const clean = withoutBlanks(inner, depth - 1)
    if (clean !== undefined) kept[key] = clean
  }
  return Object.keys(kept).length > 0 ? kept : undefined
}

function entries(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}
