/** Fields by which a program says that it wrote a message. */
export const automaticFields = ['auto-submitted', 'precedence', 'list-id', 'return-path'] as const

/** Whether a message may be answered at all (RFC 3834 section 2): not what a program, a list or nobody sent. */
export function mayAnswer(field: (name: (typeof automaticFields)[number]) => string | undefined): boolean {
  const submitted = field('auto-submitted')?.toLowerCase() ?? 'no'
  const precedence = field('precedence')?.toLowerCase() ?? ''
  return (
    /^no\b/.test(submitted) &&
    !/^(?:bulk|list|junk|auto_reply)\b/.test(precedence) &&
    field('list-id') === undefined &&
    field('return-path') !== '<>'
  )
}
