/** Data of others on a terminal: control characters could move the cursor, or turn the text round. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '·')
}
