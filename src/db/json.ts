/**
 * JSON that PostgreSQL takes: NUL and lone surrogates, which a server's reply or a cut text may hold, are no
 * characters to it, and would make it refuse the whole statement.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'string' ? storable(part) : part))
}

/** The text without what PostgreSQL cannot store. */
export function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed()
}
