/** Recipients that one report may name; the rest is dropped and the verdict says `truncated`. We mail one at a time. */
export const maxRecipients = 200
/** Characters of the human-readable part that are read. */
export const maxNoticeChars = 96 * 1024
/** Characters of one machine-readable part that are read: enough for `maxRecipients` groups. */
export const maxReportChars = 256 * 1024
/** Characters of one line that the rules see. */
export const maxLineChars = 2_000
/** Lines of notice that are read. */
export const maxNoticeLines = 3_000
/** Characters of a diagnostic that are kept and classified. */
export const maxDiagnosticChars = 2_000
/** Characters of the returned headers that are read. */
export const maxOriginalChars = 32 * 1024
