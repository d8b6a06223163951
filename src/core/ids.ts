import { randomFillSync } from 'node:crypto'

const random = Buffer.alloc(10)

/**
 * A UUIDv7 (RFC 9562 section 5.7): time-ordered, so that keys made together lie together in an index.
 * Ids of one millisecond are not ordered among themselves.
 */
export function newId(nowMs: number = Date.now()): string {
  randomFillSync(random)
  random[0] = (random.readUInt8(0) & 0x0f) | 0x70
  random[2] = (random.readUInt8(2) & 0x3f) | 0x80
  const time = nowMs.toString(16).padStart(12, '0')
  const tail = random.toString('hex')
  return `${time.slice(0, 8)}-${time.slice(8)}-${tail.slice(0, 4)}-${tail.slice(4, 8)}-${tail.slice(8)}`
}
