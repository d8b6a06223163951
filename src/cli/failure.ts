import { AppError, type ErrorCode } from '../core/errors.ts'
import { printable } from './printable.ts'

const exitCodes: Partial<Record<ErrorCode, number>> = {
  invalid_config: 2,
  invalid_input: 2,
  database_unreachable: 3,
  not_found: 4,
}

export function exitCodeOf(error: unknown): number {
  return error instanceof AppError ? (exitCodes[error.code] ?? 1) : 1
}

/** To stderr: sentences for people, one JSON object for programs. What nobody expected comes with its stack. */
export function reportError(error: unknown, json: boolean): void {
  process.stderr.write(`${json ? asJson(error) : asText(error)}\n`)
}

function asText(error: unknown): string {
  if (!(error instanceof AppError))
    return `Unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
  return [error.message, ...error.details.map((detail) => `  ${detail}`)].map(printable).join('\n')
}

function asJson(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const known = error instanceof AppError ? error : { code: 'internal', details: [] }
  return JSON.stringify({ error: { code: known.code, message, details: known.details } })
}
