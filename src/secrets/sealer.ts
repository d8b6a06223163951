import { createCipheriv, createDecipheriv, createHash, type KeyObject, randomBytes } from 'node:crypto'
import { AppError } from '../core/errors.ts'

/** What a sealed secret belongs to. Sealed for one place, it opens nowhere else. */
export interface SecretBinding {
  tenantId: string
  mailboxId: string
  field: 'smtp_password' | 'imap_password'
}

export interface Sealer {
  /** Stored beside each secret: names the master key, reveals nothing of it. */
  readonly keyId: string
  seal(plaintext: string, binding: SecretBinding): Buffer
  /** Throws `sealed_secret_unreadable`, which says which mailbox, field and key, and never what was inside. */
  open(sealed: Buffer, keyId: string, binding: SecretBinding): string
}

const version = 1
const nonceLength = 12
const tagLength = 16
const headerLength = 1 + nonceLength + tagLength

/** AES-256-GCM with a random nonce (NIST SP 800-38D: good for 2^32 secrets under one key). */
export function createSealer(masterKey: KeyObject): Sealer {
  const keyId = identify(masterKey)
  return {
    keyId,
    seal: (plaintext, binding) => sealWith(masterKey, plaintext, associatedData(keyId, binding)),
    open(sealed, sealedUnder, binding) {
      if (sealedUnder !== keyId)
        throw unreadable(
          binding,
          sealedUnder,
          `it was sealed under another master key; this process has ${keyId}`,
        )
      if (sealed.length < headerLength || sealed[0] !== version)
        throw unreadable(binding, keyId, 'it is not in a format that this version knows')
      const plaintext = openWith(masterKey, sealed, associatedData(keyId, binding))
      if (plaintext === undefined)
        throw unreadable(binding, keyId, 'it was changed, or sealed for another mailbox')
      return plaintext
    },
  }
}

/** Layout: version, nonce, tag, ciphertext. */
function sealWith(key: KeyObject, plaintext: string, aad: Buffer): Buffer {
  const nonce = randomBytes(nonceLength)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength }).setAAD(aad)
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
  return Buffer.concat([Buffer.of(version), nonce, cipher.getAuthTag(), ciphertext])
}

function openWith(key: KeyObject, sealed: Buffer, aad: Buffer): string | undefined {
  const nonce = sealed.subarray(1, 1 + nonceLength)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength })
  decipher.setAAD(aad).setAuthTag(sealed.subarray(1 + nonceLength, headerLength))
  const opened = decipher.update(sealed.subarray(headerLength))
  try {
    return Buffer.concat([opened, decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}

// As a JSON array: no two bindings are written alike.
function associatedData(keyId: string, { tenantId, mailboxId, field }: SecretBinding): Buffer {
  return Buffer.from(JSON.stringify(['rookery', version, keyId, tenantId, mailboxId, field]))
}

function identify(key: KeyObject): string {
  return createHash('sha256').update('rookery master key\0').update(key.export()).digest('hex').slice(0, 8)
}

function unreadable(binding: SecretBinding, keyId: string, reason: string): AppError {
  return new AppError(
    'sealed_secret_unreadable',
    `The ${binding.field} of mailbox ${binding.mailboxId} (sealed under key ${keyId}) cannot be opened: ${reason}. ` +
      'Start with the right master key, or enter the password again.',
  )
}
