/** What a message is known by. */
export interface AcceptedMessage {
  messageId: string
  ref: string
  recipient: string
}

/** The provider's own account of what it accepted: ids only, whatever the size of the mail. */
export class AcceptedMail {
  total = 0
  bytes = 0
  readonly byMessageId = new Map<string, number>()
  readonly byRef = new Map<string, number>()
  readonly byRecipient = new Map<string, number>()

  add({ messageId, ref, recipient }: AcceptedMessage, bytes: number): void {
    this.total += 1
    this.bytes += bytes
    count(this.byMessageId, messageId)
    if (ref) count(this.byRef, ref)
    count(this.byRecipient, recipient)
  }

  /** Message-IDs and refs accepted more than once, with how often: empty, or a promise is broken. */
  duplicates(): Record<string, number> {
    return Object.fromEntries([...this.byMessageId, ...this.byRef].filter(([, times]) => times > 1))
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

const maxHeaderBytes = 64 * 1024
const messageIdHeader = /^message-id:\s*(<[^<>\s]+>)/im
const refHeader = /^x-rookery-ref:\s*(\S+)/im

/** Gathers the header block of a message as it arrives; the body is not kept. */
export class HeaderScan {
  #head = ''
  #complete = false

  push(chunk: Buffer): void {
    if (this.#complete) return
    this.#head += chunk.toString('latin1')
    const end = this.#head.indexOf('\r\n\r\n')
    if (end >= 0) this.#head = this.#head.slice(0, end)
    this.#complete = end >= 0 || this.#head.length > maxHeaderBytes
  }

  /** The header block as it came. */
  headers(): string {
    return this.#head
  }

  ids(): { messageId: string; ref: string } {
    return {
      messageId: messageIdHeader.exec(this.#head)?.[1] ?? '',
      ref: refHeader.exec(this.#head)?.[1] ?? '',
    }
  }
}
