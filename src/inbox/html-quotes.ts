import { htmlToText } from '../mime/html-text.ts'

/** Elements that clients put a quote into: Apple Mail and Thunderbird, Gmail, Yahoo, Proton, GMX, Zoho, Tuta, Front. */
const container =
  /^(?:blockquote\b|(?:div|section|table|span)\b[^<>]{0,400}?(?:class|id)=["']?[^"'<>]{0,200}?\b(?:gmail_quote|gmail_attr|gmail_extra|yahoo_quoted|ydp[0-9a-z]{1,40}yahoo_quoted|protonmail_quote|moz-cite-prefix|zmail_extra|tutanota_quote|front-blockquote|replyquote|quoted-text|wordsection-quote)\b)/i
/** Below these, Outlook on the web and its kin put nothing but the quote. */
const lastMark =
  /^(?:div|hr|span|p|a)\b[^<>]{0,400}?(?:id|name)=["']?(?:x_)?(?:appendonsend|divrplyfwdmsg|stopspelling|mail-editor-reference-message-container|_mailoriginal|ms-outlook-mobile-quote|reply-intro)/i
/** Outlook for Windows has no container, only a line above the header block. */
const outlookBorder =
  /^div\b[^<>]{0,200}?style=["'][^"'<>]{0,100}?border-top: ?solid #(?:e1e1e1|b5c4df) 1\.0pt/i

export interface HtmlWithoutQuotes {
  text: string
  quotes: boolean
}

/** The text of HTML without the elements that hold quotes. */
export function withoutHtmlQuotes(html: string): HtmlWithoutQuotes {
  const { kept, quotes } = keepUnquoted(html)
  return { text: htmlToText(kept), quotes }
}

/** One pass over the tags; an element that never ends ends with the message. */
function keepUnquoted(html: string): { kept: string; quotes: boolean } {
  const kept: string[] = []
  let quotes = false
  let at = 0
  while (at < html.length) {
    const open = html.indexOf('<', at)
    if (open < 0) break
    const tag = html.slice(open + 1, open + 600)
    const ends = lastMark.test(tag) || outlookBorder.test(tag)
    const quoted = !ends && container.test(tag)
    kept.push(html.slice(at, ends || quoted ? open : open + 1))
    if (ends) return { kept: kept.join(''), quotes: true }
    quotes ||= quoted
    at = quoted ? afterElement(html, open) : open + 1
  }
  if (at < html.length) kept.push(html.slice(at))
  return { kept: kept.join(''), quotes }
}

/** The position after the element that opens at `open`, elements of the same name inside it counted. */
function afterElement(html: string, open: number): number {
  const name = /^[a-z]{1,20}/i.exec(html.slice(open + 1, open + 21))?.[0].toLowerCase() ?? ''
  let depth = 0
  for (let at = open; at >= 0; at = html.indexOf('<', at + 1)) {
    const tag = html.slice(at + 1, at + 22).toLowerCase()
    if (isTag(tag, name)) depth += 1
    else if (tag.startsWith('/') && isTag(tag.slice(1), name)) depth -= 1
    if (depth > 0) continue
    const end = html.indexOf('>', at)
    return end < 0 ? html.length : end + 1
  }
  return html.length
}

function isTag(tag: string, name: string): boolean {
  return tag.startsWith(name) && !/[a-z0-9]/.test(tag.charAt(name.length))
}
