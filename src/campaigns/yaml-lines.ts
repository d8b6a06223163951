import { type Document, isMap, isScalar, isSeq, type LineCounter, type Node, Scalar } from 'yaml'

/** Finds the line (from 1) of a place in a YAML document. */
export interface LineFinder {
  /** Of the deepest part of the path that is there; `lineInText` counts within a text, if the value is one. */
  lineOf(path: readonly PropertyKey[], lineInText?: number): number
}

export function createLineFinder(document: Document, counter: LineCounter): LineFinder {
  const lineAt = (offset: number | undefined) => counter.linePos(offset ?? 0).line
  return {
    lineOf(path, lineInText = 1) {
      const { key, value } = descend(document.contents, path)
      const within = linesDown(value, lineInText)
      const starts = within > 0 ? value : (key ?? value)
      return Math.max(1, lineAt(starts?.range?.[0]) + within)
    },
  }
}

interface Place {
  key: Node | undefined
  value: Node | undefined
}

function descend(root: unknown, path: readonly PropertyKey[]): Place {
  let place: Place = { key: undefined, value: asNode(root) }
  for (const step of path) {
    const next = childOf(place.value, step)
    if (!next) return place
    place = next
  }
  return place
}

function childOf(node: Node | undefined, step: PropertyKey): Place | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
    return pair && { key: asNode(pair.key), value: asNode(pair.value) }
  }
  const item = isSeq(node) ? asNode(node.items[Number(step)]) : undefined
  return item && { key: undefined, value: item }
}

/** Only in a literal block (`|`) do the lines of the text lie below each other as in the file. */
function linesDown(value: Node | undefined, lineInText: number): number {
  if (!isScalar(value) || value.type !== Scalar.BLOCK_LITERAL) return 0
  return lineInText
}

function asNode(value: unknown): Node | undefined {
  return typeof value === 'object' && value !== null && 'range' in value ? (value as Node) : undefined
}
