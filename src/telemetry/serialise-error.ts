export interface SerialisedError {
  type: string
  message: string
  stack?: string
  cause?: SerialisedError
  errors?: SerialisedError[]
  [field: string]: unknown
}

// A library's error may carry its whole configuration, bound values included: what is not named here is left out.
const knownFields = [
  'code',
  'responseCode',
  'response',
  'command',
  'syscall',
  'address',
  'port',
  'severity',
  'schema',
  'table',
  'constraint',
  'details',
]
const deepestCause = 5

/** What a log line keeps of an error: type, message, stack, cause, and the fields that help. */
export function serialiseError(error: unknown, depth = 0): SerialisedError {
  if (typeof error !== 'object' || error === null) return { type: typeof error, message: String(error) }
  // Libraries emit copies of errors, too: objects that have its fields but are none.
  const { name = 'object', message = '', stack, cause } = error as Partial<Error>
  const serialised: SerialisedError = { type: name, message, ...pickKnownFields(error) }
  if (stack) serialised.stack = stack
  if (depth === deepestCause) return serialised
  if (cause !== undefined) serialised.cause = serialiseError(cause, depth + 1)
  if (error instanceof AggregateError) {
    serialised.errors = error.errors.map((inner) => serialiseError(inner, depth + 1))
  }
  return serialised
}

function pickKnownFields(error: object): Record<string, unknown> {
  const fields = error as Record<string, unknown>
  return Object.fromEntries(
    knownFields.filter((name) => isPlain(fields[name])).map((name) => [name, fields[name]]),
  )
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every((item) => typeof item === 'string')
  return typeof value === 'string' || typeof value === 'number'
}
