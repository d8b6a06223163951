import iconv from 'iconv-lite'
import { asUtf8 } from './encoded-words.ts'

const aliases = new Map(
  Object.entries({
    '': 'utf-8',
    ascii: 'utf-8',
    'us-ascii': 'utf-8',
    'ansi_x3.4-1968': 'utf-8',
    unknown: 'utf-8',
    'unknown-8bit': 'utf-8',
    'iso-8859-8-i': 'iso-8859-8',
    'x-gbk': 'gb18030',
    gb2312: 'gb18030',
    gbk: 'gb18030',
    'x-sjis': 'shift_jis',
    sjis: 'shift_jis',
    'ks_c_5601-1987': 'euc-kr',
  }),
)

/** ISO-2022-JP without its charset name: the escape sequences give it away (RFC 1468). */
const japaneseEscape = '\x1b$'

/** Bytes held as Latin-1 characters, to text. A charset that nobody knows is read as UTF-8, else Latin-1. */
export function decodeCharset(latin1: string, charset: string): string {
  const given = charset.trim().toLowerCase()
  const name = aliases.get(given) ?? given
  if (latin1.includes(japaneseEscape)) return viaTextDecoder(latin1, 'iso-2022-jp')
  if (name === 'utf-8' || name === 'utf8') return asUtf8(latin1)
  if (name === 'iso-2022-jp' || name.startsWith('iso-2022')) return viaTextDecoder(latin1, name)
  return iconv.encodingExists(name) ? iconv.decode(Buffer.from(latin1, 'latin1'), name) : asUtf8(latin1)
}

function viaTextDecoder(latin1: string, name: string): string {
  try {
    return new TextDecoder(name).decode(Buffer.from(latin1, 'latin1'))
  } catch {
    return asUtf8(latin1)
  }
}
