import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'

export interface ReceivedBytes {
  /** The beginning, at most as long as was asked for. */
  head: Buffer
  size: number
  /** Of the whole message. */
  sha256: Buffer
}

/** Reads a message to its end, so that its hash is that of the whole, and keeps no more than `keepBytes` of it. */
export async function receive(stream: Readable, keepBytes: number): Promise<ReceivedBytes> {
  const hash = createHash('sha256')
  const kept: Buffer[] = []
  let size = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk)
    if (size < keepBytes) kept.push(chunk.subarray(0, keepBytes - size))
    size += chunk.length
  }
  return { head: Buffer.concat(kept), size, sha256: hash.digest() }
}
