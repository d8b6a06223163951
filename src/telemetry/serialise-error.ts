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
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) }
  const serialised: SerialisedError = { type: error.name, message: error.message }
  if (error.stack) serialised.stack = error.stack
  for (const field of knownFields) {
    const value = (error as unknown as Record<string, unknown>)[field]
    if (isPlain(value)) serialised[field] = value
  }
  if (depth === deepestCause) return serialised
  if (error.cause !== undefined) serialised.cause = serialiseError(error.cause, depth + 1)
  if (error instanceof AggregateError) {
    serialised.errors = error.errors.map((inner) => serialiseError(inner, depth + 1))
  }
  return serialised
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every((item) => typeof item === 'string')
  return typeof value === 'string' || typeof value === 'number'
}
