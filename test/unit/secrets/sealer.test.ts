import { createSecretKey, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../../src/core/errors.ts'
import { createSealer, type SecretBinding } from '../../../src/secrets/sealer.ts'

const binding: SecretBinding = { tenantId: 'tenant-1', mailboxId: 'mailbox-1', field: 'smtp_password' }
const password = 'correct horse battery staple'

function newSealer() {
  return createSealer(createSecretKey(randomBytes(32)))
}

function refusal(open: () => string): AppError {
  try {
    open()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('it opened')
}

describe('a sealed secret', () => {
  test('opens where it was sealed, whatever it contains', () => {
    const sealer = newSealer()
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (plaintext) => {
        const sealed = sealer.seal(plaintext, binding)
        expect(sealer.open(sealed, sealer.keyId, binding)).toBe(plaintext)
      }),
    )
  })

  test('is never the same twice and does not contain the plaintext', () => {
    const sealer = newSealer()
    const sealed = sealer.seal(password, binding)
    expect(sealed.equals(sealer.seal(password, binding))).toBe(false)
    expect(sealed.includes(password)).toBe(false)
  })

  test.each<[string, Partial<SecretBinding>]>([
    ['tenant', { tenantId: 'tenant-2' }],
    ['mailbox', { mailboxId: 'mailbox-2' }],
    ['field', { field: 'imap_password' }],
  ])('does not open in a row of another %s', (_what, moved) => {
    const sealer = newSealer()
    const sealed = sealer.seal(password, binding)
    const error = refusal(() => sealer.open(sealed, sealer.keyId, { ...binding, ...moved }))
    expect(error.code).toBe('sealed_secret_unreadable')
  })

  test('does not open when any one byte of it is changed', () => {
    const sealer = newSealer()
    const sealed = sealer.seal(password, binding)
    for (const index of sealed.keys()) {
      const tampered = Buffer.from(sealed)
      tampered[index] = (tampered[index] ?? 0) ^ 1
      expect(refusal(() => sealer.open(tampered, sealer.keyId, binding)).code).toBe(
        'sealed_secret_unreadable',
      )
    }
  })

  test('does not open when it is cut short', () => {
    const sealer = newSealer()
    const sealed = sealer.seal(password, binding)
    for (const length of [0, 1, 13, 28, sealed.length - 1]) {
      expect(refusal(() => sealer.open(sealed.subarray(0, length), sealer.keyId, binding)).code).toBe(
        'sealed_secret_unreadable',
      )
    }
  })

  test('does not open under another master key, and the error names both keys', () => {
    const [sealer, other] = [newSealer(), newSealer()]
    const sealed = sealer.seal(password, binding)
    const error = refusal(() => other.open(sealed, sealer.keyId, binding))
    expect(error.message).toContain(sealer.keyId)
    expect(error.message).toContain(other.keyId)
  })

  test('does not open under another master key that claims the same id', () => {
    const [sealer, other] = [newSealer(), newSealer()]
    const error = refusal(() => other.open(sealer.seal(password, binding), other.keyId, binding))
    expect(error.code).toBe('sealed_secret_unreadable')
  })

  test('is named in the error by mailbox, field and key, and nothing of it shows', () => {
    const sealer = newSealer()
    const sealed = sealer.seal(password, binding)
    const error = refusal(() => sealer.open(sealed, sealer.keyId, { ...binding, mailboxId: 'mailbox-2' }))
    expect(error.message).toContain(`smtp_password of mailbox mailbox-2 (sealed under key ${sealer.keyId})`)
    const shown = inspect(error, { depth: 9, showHidden: true })
    expect(shown).not.toContain(password)
    expect(shown).not.toContain(sealed.toString('hex').slice(-16))
  })
})

test('the key id is the same for the same key and is no part of the key', () => {
  const bytes = randomBytes(32)
  const keyId = createSealer(createSecretKey(bytes)).keyId
  expect(keyId).toMatch(/^[0-9a-f]{8}$/)
  expect(createSealer(createSecretKey(bytes)).keyId).toBe(keyId)
  expect(bytes.toString('hex')).not.toContain(keyId)
})

test('a sealer prints nothing of its key', () => {
  const bytes = randomBytes(32)
  const shown = inspect(createSealer(createSecretKey(bytes)), { depth: 9, showHidden: true })
  expect(shown).not.toContain(bytes.toString('hex').slice(0, 8))
})
