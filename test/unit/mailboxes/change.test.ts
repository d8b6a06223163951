import { describe, expect, test } from 'vitest'
import { changeMailbox, hasChange, type MailboxChange } from '../../../src/mailboxes/change.ts'
import type { Mailbox } from '../../../src/mailboxes/store.ts'

const stored = {
  email_address: 'robin@acme.test',
  display_name: '',
  smtp_host: 'smtp.acme.test',
  smtp_port: 2587,
  smtp_security: 'starttls',
  smtp_username: 'robin',
  smtp_insecure_auth: false,
  imap_host: null,
  imap_port: null,
  imap_security: 'tls',
  imap_username: null,
} as Mailbox
const withInbox = {
  ...stored,
  imap_host: 'imap.acme.test',
  imap_port: 993,
  imap_username: 'robin',
} as Mailbox

const change = (change: Partial<MailboxChange>): MailboxChange => ({ smtp: {}, imap: {}, ...change })

describe('a mailbox is changed', () => {
  test('only in what is given', () => {
    expect(changeMailbox(withInbox, change({ displayName: 'Robin' }))).toEqual({
      displayName: 'Robin',
      provider: 'generic',
      smtp: {
        host: 'smtp.acme.test',
        port: 2587,
        security: 'starttls',
        username: 'robin',
        insecureAuth: false,
      },
      imap: { host: 'imap.acme.test', port: 993, security: 'tls', username: 'robin' },
    })
  })

  test('with its provider, when the host is', () => {
    const changed = changeMailbox(stored, change({ smtp: { host: 'smtp.gmail.com' } }))
    expect(changed).toMatchObject({ provider: 'gmail', smtp: { host: 'smtp.gmail.com', port: 2587 } })
  })

  test('to the usual port of another security, unless one is given', () => {
    const tls = changeMailbox(stored, change({ smtp: { security: 'tls' } }))
    expect(tls.smtp).toMatchObject({ security: 'tls', port: 465 })
    const given = changeMailbox(stored, change({ smtp: { security: 'tls', port: 4650 } }))
    expect(given.smtp).toMatchObject({ security: 'tls', port: 4650 })
  })

  test('to one that does not log in', () => {
    expect(changeMailbox(stored, change({ smtp: { username: null } })).smtp.username).toBeUndefined()
  })

  test('to one with an inbox, which takes the user name of its SMTP', () => {
    const { imap } = changeMailbox(stored, change({ imap: { host: 'imap.acme.test' } }))
    expect(imap).toEqual({ host: 'imap.acme.test', port: 993, security: 'tls', username: 'robin' })
    expect(() => changeMailbox(stored, change({ imap: { port: 143 } }))).toThrow('has no IMAP server yet')
  })

  test('and checked as a new one is', () => {
    expect(() => changeMailbox(stored, change({ smtp: { security: 'none' } }))).toThrow('not a valid mailbox')
    expect(() => changeMailbox(stored, change({ displayName: 'Robin\r\nBcc: x@y.test' }))).toThrow()
  })
})

test('a change is any value that is given', () => {
  expect(hasChange(change({ smtp: { host: undefined } }))).toBe(false)
  expect(hasChange(change({ displayName: '' }))).toBe(true)
  expect(hasChange(change({ smtp: { username: null } }))).toBe(true)
})
