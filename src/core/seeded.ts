/**
 * A 32-bit hash of the seed and the keys, the same in every process: FNV-1a (Fowler, Noll, Vo) over UTF-16 code
 * units, then MurmurHash3's fmix32 (Appleby, public domain), since FNV alone leaves the high bits of short keys alike.
 */
export function seededHash(seed: number, ...keys: readonly (string | number)[]): number {
  let hash = 0x811c9dc5 ^ fmix32(seed)
  for (const key of keys) {
    const text = String(key)
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
    // Ends each key, so that ('ab', 'c') and ('a', 'bc') differ.
    hash = Math.imul(hash ^ 0x1ffff, 0x01000193)
  }
  return fmix32(hash)
}

/** A number in [0, 1) that depends on the seed and the keys alone. */
export function seededFraction(seed: number, ...keys: readonly (string | number)[]): number {
  return seededHash(seed, ...keys) / 0x1_0000_0000
}

function fmix32(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
