import { describe, expect, test } from 'vitest'
import { AppError } from '../../../src/core/errors.ts'
import { composeMessage, type OutgoingMessage } from '../../../src/smtp/compose.ts'

const message: OutgoingMessage = {
  from: { name: 'Ann Sender', address: 'ann@example.com' },
  to: { name: 'Bob', address: 'bob@example.org' },
  subject: 'Hello',
  text: 'Hi Bob\n',
  messageId: '<0198.Token+=_x@example.com>',
  date: new Date('2025-03-04T05:06:07Z'),
}

const evilName = 'Bob\r\nBcc: eve@evil.test\u0000\u2028X-Evil: 1'

test('every header says what it was given, the Message-ID to the letter', async () => {
  const { headers } = await compose({
    inReplyTo: '<parent@example.com>',
    references: ['<root@example.com>', '<parent@example.com>'],
    headers: { 'X-Rookery-Ref': 'r0198', 'List-Unsubscribe': '<https://example.com/u?a=1>' },
  })
  expect(headers).toMatchObject({
    From: 'Ann Sender <ann@example.com>',
    To: 'Bob <bob@example.org>',
    Subject: 'Hello',
    'Message-ID': '<0198.Token+=_x@example.com>',
    Date: 'Tue, 04 Mar 2025 05:06:07 +0000',
    'In-Reply-To': '<parent@example.com>',
    References: '<root@example.com> <parent@example.com>',
    'X-Rookery-Ref': 'r0198',
    'List-Unsubscribe': '<https://example.com/u?a=1>',
    'MIME-Version': '1.0',
  })
})

test('subject and names of other scripts come back unchanged', async () => {
  const subject =
    'Příliš žluťoučký kůň 🐎 — ďábelské ódy, and then some more to make it long enough to be folded'
  const { raw, headers } = await compose({
    subject,
    from: { name: 'Žofie "Zo" Nováková, s.r.o.', address: 'ann@example.com' },
    to: { name: '山田太郎', address: 'bob@example.org' },
  })
  expect(decodeWords(headers.Subject ?? '')).toBe(subject)
  expect(decodeWords(headers.From ?? '')).toContain('Žofie "Zo" Nováková, s.r.o.')
  expect(decodeWords(headers.To ?? '')).toBe('山田太郎 <bob@example.org>')
  expect(raw).toMatch(/^[\t\r\n -~]*$/)
})

describe('what a lead brings with it', () => {
  test('starts no header of its own in a name or the subject', async () => {
    const { headers } = await compose({
      to: { name: evilName, address: 'bob@example.org' },
      subject: `Hello ${evilName}`,
    })
    expect(Object.keys(headers)).not.toContain('Bcc')
    expect(Object.keys(headers)).not.toContain('X-Evil')
    expect(headers.Subject).toBe('Hello Bob Bcc: eve@evil.test X-Evil: 1')
    expect(headers.To).toBe('"Bob Bcc: eve@evil.test X-Evil: 1" <bob@example.org>')
  })

  const refused: [string, Partial<OutgoingMessage>][] = [
    ['two addresses', { to: { address: 'bob@example.org, eve@evil.test' } }],
    ['an address with a name in it', { to: { address: 'Bob <bob@example.org>' } }],
    ['an address over two lines', { to: { address: 'bob@example.org\r\nBcc: eve@evil.test' } }],
    ['a group', { to: { address: 'all:bob@example.org;' } }],
    ['a Message-ID over two lines', { messageId: '<a@b>\r\nX-Evil: 1' }],
    ['an In-Reply-To without brackets', { inReplyTo: 'a@b' }],
    ['a reference with a blank', { references: ['<a b@c>'] }],
    ['a header value over two lines', { headers: { 'X-Rookery-Ref': 'a\r\nX-Evil: 1' } }],
    ['a header name with a colon', { headers: { 'X-Evil: 1\r\nX-Ref': 'a' } }],
    ['a Bcc', { headers: { bcc: 'eve@evil.test' } }],
    ['a second Subject', { headers: { SUBJECT: 'Hi' } }],
    ['no date', { date: new Date(Number.NaN) }],
  ]
  test.each(refused)('is refused: %s', async (_what, change) => {
    await expect(compose(change)).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(compose(change)).rejects.toBeInstanceOf(AppError)
  })
})

test('a body keeps its text, in lines that end in CRLF and are short', async () => {
  const text = `one\rtwo\nthree\r\nfour\u0000\n.\n..dots\nfrom here ${'a long line '.repeat(100)}\nž\n`
  const { raw, body } = await compose({ text })
  const mixed = await compose({ text, html: `<p>${text}</p>` })
  expect(mixed.raw.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
  expect(raw.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
  expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(76)
  expect(decodeBody(body)).toBe(text.replace('\u0000', '').replace(/\r\n|\r|\n/g, '\r\n'))
})

test('HTML comes with its text, the text first', async () => {
  const { headers, raw } = await compose({ html: '<p>Hi Bob</p>' })
  expect(headers['Content-Type']).toMatch(/^multipart\/alternative;/)
  expect(raw.indexOf('text/plain')).toBeLessThan(raw.indexOf('text/html'))
})

async function compose(change: Partial<OutgoingMessage>) {
  const raw = (await composeMessage({ ...message, ...change })).toString('latin1')
  const end = raw.indexOf('\r\n\r\n')
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]/g, ' ')
    .split('\r\n')
  const headers: Record<string, string> = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  )
  return { raw, headers, body: raw.slice(end + 4) }
}

function decodeWords(value: string): string {
  const joined = value.replace(/\?=\s+=\?UTF-8\?Q\?/g, '')
  return joined
    .replace(/=\?UTF-8\?Q\?([^?]*)\?=/g, (_, text: string) => fromQuoted(text.replaceAll('_', ' ')))
    .replace(/=\?UTF-8\?B\?([^?]*)\?=/g, (_, text: string) => Buffer.from(text, 'base64').toString())
}

function decodeBody(body: string): string {
  return fromQuoted(body.replaceAll('=\r\n', ''))
}

function fromQuoted(text: string): string {
  const bytes = text.replace(/=([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
