import { createHmac, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto'
import { newId } from '../core/ids.ts'

/** The pool that an exchange belongs to: the one that tenants share, or the tenant's own. */
export type WarmupPool = 'shared' | 'closed'

const macBytes = 12
const idBytes = 16
const tag: Record<WarmupPool, string> = { shared: 's', closed: 'c' }

/** For signing tokens and nothing else. */
export function warmupKey(masterKey: KeyObject): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey.export(), '', 'rookery warmup token', 32))
}

/** A new token: pool, a number of its own, and a seal that only this installation can make. Fit for a Message-ID. */
export function newToken(key: Buffer, pool: WarmupPool): string {
  const id = Buffer.from(newId().replaceAll('-', ''), 'hex')
  return `${tag[pool]}${Buffer.concat([id, seal(key, pool, id)]).toString('hex')}`
}

const tokenText = /^([sc])([0-9a-f]{56})$/

/** The pool of a token of ours; undefined for one that was forged or altered. */
export function readToken(key: Buffer, token: string): WarmupPool | undefined {
  const match = tokenText.exec(token)
  if (!match) return undefined
  const pool: WarmupPool = match[1] === tag.shared ? 'shared' : 'closed'
  const bytes = Buffer.from(match[2] ?? '', 'hex')
  const genuine = timingSafeEqual(bytes.subarray(idBytes), seal(key, pool, bytes.subarray(0, idBytes)))
  return genuine ? pool : undefined
}

function seal(key: Buffer, pool: WarmupPool, id: Buffer): Buffer {
  return createHmac('sha256', key).update(pool).update(id).digest().subarray(0, macBytes)
}

/** Beside the Message-ID: some servers give messages IDs of their own. */
export const tokenHeader = 'X-Rookery-Warmup'

export const tokenMessageId = (token: string, sender: string): string =>
  `<${token}@${sender.slice(sender.lastIndexOf('@') + 1)}>`

/** What a message says of itself, believed or not: its header, else its Message-ID. */
export function findToken(headers: {
  tokenHeader?: string | undefined
  messageId?: string | undefined
}): string | undefined {
  const named = headers.tokenHeader?.trim()
  if (named) return named
  const local = /^<([^@<>]{57})@/.exec(headers.messageId?.trim() ?? '')?.[1]
  return local && tokenText.test(local) ? local : undefined
}
