/** One physical line of a file, without its line end. */
export interface Line {
  /** Counted from 1. */
  number: number
  bytes: Buffer
  /** How many bytes were dropped because the line was too long to hold. */
  dropped: number
}

const newline = 0x0a
const carriageReturn = 0x0d

/** Splits bytes into lines, in batches; no line is held beyond `maxBytes`, however long it is. */
export async function* readLines(source: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Line[]> {
  let number = 1
  let head: Buffer[] = []
  let held = 0
  let dropped = 0

  const hold = (piece: Buffer) => {
    const kept = piece.subarray(0, Math.max(0, maxBytes - held))
    if (kept.length > 0) head.push(kept)
    held += kept.length
    dropped += piece.length - kept.length
  }
  const finish = (piece: Buffer): Line => {
    hold(piece)
    const [only] = head
    const whole = head.length === 1 && only ? only : Buffer.concat(head)
    const bytes = whole.at(-1) === carriageReturn && dropped === 0 ? whole.subarray(0, -1) : whole
    const line = { number, bytes, dropped }
    number += 1
    head = []
    held = 0
    dropped = 0
    return line
  }

  for await (const chunk of source) {
    const lines: Line[] = []
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      lines.push(finish(chunk.subarray(start, end)))
      start = end + 1
    }
    hold(chunk.subarray(start))
    if (lines.length > 0) yield lines
  }
  if (held > 0) yield [finish(Buffer.alloc(0))]
}
