/** Every way Rookery refuses or fails on purpose. http and cli map codes; nobody matches messages. */
export type ErrorCode =
  | 'invalid_config'
  | 'invalid_input'
  | 'not_found'
  | 'conflict'
  | 'database_unreachable'
  | 'unsupported'
  | 'sealed_secret_unreadable'
  | 'internal'

/** An expected failure with a closed code; the message says what was wrong, with what value, and what to do. */
export class AppError extends Error {
  readonly code: ErrorCode
  /** Extra lines for people (one problem each); empty when the message says it all. */
  readonly details: readonly string[]

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.details = options.details ?? []
  }
}
