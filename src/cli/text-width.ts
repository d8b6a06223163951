const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
// East Asian wide and fullwidth forms, and emoji, take two columns of a terminal.
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\p{Emoji_Presentation}/u

/** Columns of a terminal that a text takes. */
export function widthOf(text: string): number {
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += wide.test(segment) ? 2 : 1
  return width
}

/** The text, or so much of it, and …, as has room in so many columns. */
export function clip(text: string, room: number): string {
  if (widthOf(text) <= room) return text
  let kept = ''
  let width = 1 // the ellipsis
  for (const { segment } of segmenter.segment(text)) {
    width += widthOf(segment)
    if (width > room) break
    kept += segment
  }
  return `${kept.trimEnd()}…`
}

/** Texts, the longest of them clipped so that all together have room in so many columns; none to less than 4. */
export function clipEvenly(texts: readonly string[], room: number): string[] {
  const widths = texts.map(widthOf)
  const taken = (most: number) => widths.reduce((sum, width) => sum + Math.min(width, most), 0)
  let most = Math.max(4, ...widths)
  while (most > 4 && taken(most) > room) most -= 1
  return texts.map((text) => clip(text, most))
}
