import { describe, expect, test } from 'vitest'
import { type ImapSettings, insecureReason, scrub } from '../../../src/imap/settings.ts'

const settings: ImapSettings = {
  id: 'm',
  host: 'imap.example.com',
  port: 143,
  security: 'none',
  username: 'ann@example.com',
  password: 'pa"ss\\word',
}

describe('a connection in the clear', () => {
  test.each(['localhost', '127.0.0.1', '127.8.9.1', '::1', '[::1]'])('is allowed to %s', (host) => {
    expect(insecureReason({ ...settings, host })).toBeUndefined()
  })

  test.each(['imap.example.com', '10.0.0.1', '127.0.0.1.example.com'])('is refused to %s', (host) => {
    expect(insecureReason({ ...settings, host })).toContain(`to and from ${host} in the clear`)
  })

  test('is allowed where the mailbox asks for it', () => {
    expect(insecureReason({ ...settings, insecureAuth: true })).toBeUndefined()
  })
})

test.each<[string, string]>([
  ['as it is', 'bad password pa"ss\\word'],
  ['as LOGIN quotes it', 'LOGIN "ann" "pa\\"ss\\\\word"'],
  [
    'as AUTHENTICATE PLAIN encodes it',
    Buffer.from(`\u0000ann@example.com\u0000pa"ss\\word`).toString('base64'),
  ],
  ['as AUTH LOGIN encodes it', Buffer.from('pa"ss\\word').toString('base64').replace(/=+$/, '')],
])('a password is scrubbed %s', (_form, text) => {
  const clean = scrub(text, settings)
  expect(clean).toContain('***')
  expect(clean).not.toMatch(/pa\\?"ss|cGEic3/)
})
