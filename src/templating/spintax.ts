/** Where a text is not what its author meant; lines and columns count from 1. */
export interface TemplateProblem {
  message: string
  line: number
  column: number
}

export type SpintaxResult = { ok: true; liquid: string } | { ok: false; problem: TemplateProblem }

/** `liquid` is what stands for the token in the output; braces and bars are decided when their group ends. */
type Token = { kind: 'text' | 'brace' | 'lost'; length: number; liquid: string }

interface Group {
  openedAt: number
  piece: number
  options: number
}

interface Output {
  pieces: string[]
  open: Group[]
  /** Choices so far: each is told from the others by its number. */
  groups: number
}

const maxDepth = 50
const plainText = /[^{}|\\]+/y
const escapedCharacter = /\\[{}|\\]/y
const liquidOutput = /\{\{(?:"[^"]*"|'[^']*'|[^{}"'])*\}\}/y
const liquidTag = /\{%-?\s*(\w*)/y
// As Liquid output, so that it cannot join a neighbour and become a delimiter of Liquid.
const literalOpen = '{{ "{" | raw }}'

/**
 * Turns `{Hi|Hello}` into `spin` tags of Liquid, so that one compiled template holds every choice. `{{ }}` and
 * `{% %}` pass untouched; `\{`, `\}`, `\|` and `\\` are literal; braces without a `|` (as in CSS) stay. Linear time.
 */
export function spintaxToLiquid(text: string): SpintaxResult {
  const output: Output = { pieces: [], open: [], groups: 0 }
  for (let at = 0; at < text.length; ) {
    const token = readToken(text, at)
    if (token.kind === 'lost') return failed(text, at, token.liquid)
    if (token.kind === 'text') output.pieces.push(token.liquid)
    const mistake = token.kind === 'brace' ? takeBrace(token.liquid, at, output) : undefined
    if (mistake) return failed(text, at, mistake)
    at += token.length
  }
  const unclosed = output.open[0]
  if (unclosed) return failed(text, unclosed.openedAt, neverClosed(text, unclosed.openedAt))
  return { ok: true, liquid: output.pieces.join('') }
}

/** Returns what is wrong with a brace that cannot stand here. */
function takeBrace(character: string, at: number, output: Output): string | undefined {
  const { pieces, open } = output
  if (character === '|') {
    const group = open.at(-1)
    if (group) group.options++
    pieces.push(group ? '{% or %}' : '|')
    return undefined
  }
  if (character === '{') {
    if (open.length === maxDepth) return `braces are nested more than ${maxDepth} deep`
    open.push({ openedAt: at, piece: pieces.length, options: 1 })
    pieces.push(literalOpen)
    return undefined
  }
  const group = open.pop()
  if (!group) return 'this } closes nothing; write \\} for a literal brace'
  const isChoice = group.options > 1
  if (isChoice) pieces[group.piece] = `{% spin ${output.groups++} %}`
  pieces.push(isChoice ? '{% endspin %}' : '}')
  return undefined
}

function readToken(text: string, at: number): Token {
  const plain = matchAt(plainText, text, at) ?? matchAt(liquidOutput, text, at)
  if (plain) return { kind: 'text', length: plain[0].length, liquid: plain[0] }
  if (matchAt(escapedCharacter, text, at)) {
    const character = text.charAt(at + 1)
    return { kind: 'text', length: 2, liquid: character === '{' ? literalOpen : character }
  }
  const tag = matchAt(liquidTag, text, at)
  if (tag) return readTag(text, at, tag[1] ?? '')
  const character = text.charAt(at)
  return { kind: character === '\\' ? 'text' : 'brace', length: 1, liquid: character }
}

/** A tag of Liquid; `raw` and `comment` with all they enclose. */
function readTag(text: string, at: number, name: string): Token {
  const closer =
    name === 'raw' || name === 'comment' ? new RegExp(`\\{%-?\\s*end${name}\\s*-?%\\}`, 'g') : /%\}/g
  closer.lastIndex = at + 2
  const found = closer.exec(text)
  if (!found) return { kind: 'lost', length: 0, liquid: `this {% ${name} is never closed` }
  const end = found.index + found[0].length
  return { kind: 'text', length: end - at, liquid: text.slice(at, end) }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

function neverClosed(text: string, at: number): string {
  return text.startsWith('{{', at)
    ? 'this {{ is never closed with }}'
    : 'this { is never closed; write \\{ for a literal brace'
}

function failed(text: string, at: number, message: string): SpintaxResult {
  const lines = text.slice(0, at).split('\n')
  return { ok: false, problem: { message, line: lines.length, column: (lines.at(-1) ?? '').length + 1 } }
}
