// @ts-expect-error: the package brings no types
import untyped from 'libmime'

const libmime: { decodeWords(value: string): string } = untyped

/** RFC 2047 encoded words to text; unfolds first. What cannot be decoded stays as it is. */
export function decodeWords(raw: string): string {
  const unfolded = raw.replace(/\n[ \t]{0,200}/g, ' ')
  if (!unfolded.includes('=?')) return asUtf8(unfolded)
  try {
    return libmime.decodeWords(unfolded)
  } catch {
    return unfolded
  }
}

/** Header bytes above ASCII are UTF-8 in practice (RFC 6532); anything else stays Latin-1. */
export function asUtf8(latin1: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the ASCII range is the question here
  if (/^[\x00-\x7f]*$/.test(latin1)) return latin1
  const text = Buffer.from(latin1, 'latin1').toString('utf8')
  return text.includes('\ufffd') ? latin1 : text
}
