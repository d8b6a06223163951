/** One line with its CRLF, or a piece of a literal: bytes that must not be read as protocol. */
export interface ImapPiece {
  bytes: Buffer
  literal: boolean
}

/** Cuts one direction of an IMAP connection into lines and literals (RFC 3501 section 4.3), as they arrive. */
export class ImapLines {
  #rest = Buffer.alloc(0)
  #literalLeft = 0

  push(chunk: Buffer): ImapPiece[] {
    const pieces: ImapPiece[] = []
    let rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    while (rest.length > 0) {
      const literal = this.#literalLeft > 0
      const end = literal ? Math.min(this.#literalLeft, rest.length) : rest.indexOf('\r\n') + 2
      if (!literal && end < 2) break
      const bytes = rest.subarray(0, end)
      if (literal) this.#literalLeft -= end
      else this.#literalLeft = Number(/\{(\d+)\+?\}\r\n$/.exec(bytes.toString('latin1'))?.[1] ?? 0)
      pieces.push({ bytes, literal })
      rest = rest.subarray(end)
    }
    this.#rest = Buffer.from(rest)
    return pieces
  }
}
