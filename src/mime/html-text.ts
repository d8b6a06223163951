const entities: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  '#39': "'",
}

const breaks = /^\/?(?:p|br|div|tr|li|h[1-6]|table|blockquote|pre|hr|td|ul|ol)\b/i

/**
 * HTML to lines of text, for reports that bear no plain part. One pass over the tags: html-to-text builds a tree,
 * at ten times the cost and with a depth that hostile mail can choose.
 */
export function htmlToText(html: string): string {
  const out: string[] = []
  let at = 0
  while (at < html.length) {
    const open = html.indexOf('<', at)
    if (open < 0) break
    out.push(html.slice(at, open).replace(/\s+/g, ' '))
    const close = html.indexOf('>', open)
    if (close < 0) return decodeEntities(out.join(''))
    const tag = html.slice(open + 1, Math.min(close, open + 40))
    if (breaks.test(tag)) out.push('\n')
    at = skipUnseen(html, tag, close + 1)
  }
  out.push(html.slice(at))
  return decodeEntities(out.join(''))
}

/** Styles and scripts are not text: on to their end tag, or to the end of what never ends. */
function skipUnseen(html: string, tag: string, from: number): number {
  const name = /^(style|script|title)\b/i.exec(tag)?.[1]
  if (!name) return from
  const endTag = new RegExp(`</${name}`, 'gi')
  endTag.lastIndex = from
  return endTag.exec(html)?.index ?? html.length
}

function decodeEntities(text: string): string {
  return text.replace(
    /&(#?[a-z0-9]{1,8});/gi,
    (whole, name: string) => entities[name.toLowerCase()] ?? numeric(name) ?? whole,
  )
}

function numeric(name: string): string | undefined {
  const code = /^#x([0-9a-f]{1,6})$/i.exec(name)?.[1]
  const point = code ? Number.parseInt(code, 16) : Number.parseInt(/^#(\d{1,7})$/.exec(name)?.[1] ?? '', 10)
  return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : undefined
}
