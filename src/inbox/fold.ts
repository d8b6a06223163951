/**
 * Text as the wordings of this room are written: lower case, without accents, typographic quotes and spaces made plain.
 * Line ends stay. Positions do not: what is found in folded text is answered from folded text.
 */
export function foldText(text: string, maxChars: number): string {
  return (
    text
      .slice(0, maxChars)
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/[’‘`´ʼ]/g, "'")
      .replaceAll('ß', 'ss')
      // Some compatibility characters decompose into a sentence.
      .slice(0, maxChars * 2)
      .replace(/[^\S\n]+/g, ' ')
  )
}
