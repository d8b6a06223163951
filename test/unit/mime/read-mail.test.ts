import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import { decodedBytes, type MailPart, readMail, textOf } from '../../../src/mime/read-mail.ts'

const read = (message: string | Buffer) =>
  readMail(typeof message === 'string' ? Buffer.from(message, 'latin1') : message)
const text = (part: MailPart | undefined): string => (part ? textOf(part, 10_000) : '')
const types = (part: MailPart): string[] => [part.contentType.type, ...part.children.flatMap(types)]

const greeting = 'Grüße, 你好, こんにちは, привет'

describe('charsets', () => {
  it.each([
    ['utf-8', 'Grüße'],
    ['iso-8859-1', 'Grüße'],
    ['windows-1251', 'привет'],
    ['koi8-r', 'привет'],
    ['gb2312', '你好'],
    ['big5', '你好'],
    ['shift_jis', 'こんにちは'],
    ['euc-jp', 'こんにちは'],
    ['euc-kr', '안녕'],
  ])('reads %s', (charset, words) => {
    const head = Buffer.from(`Content-Type: text/plain; charset="${charset}"\n\n`)
    expect(text(read(Buffer.concat([head, iconv.encode(words, charset)])).root)).toBe(words)
  })

  it('reads ISO-2022-JP, also where another charset is claimed', () => {
    const japanese = '\x1b$B$3$s$K$A$O\x1b(B'
    expect(text(read(`Content-Type: text/plain; charset=iso-2022-jp\n\n${japanese}`).root)).toBe('こんにちは')
    expect(text(read(`Content-Type: text/plain; charset=us-ascii\n\n${japanese}`).root)).toBe('こんにちは')
  })

  it.each(['constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty'])(
    'reads UTF-8 where the charset is named %s, as every object has it',
    (charset) => {
      const head = Buffer.from(`Content-Type: text/plain; charset=${charset}\n\n`)
      expect(text(read(Buffer.concat([head, Buffer.from(greeting)])).root)).toBe(greeting)
    },
  )

  it('reads UTF-8 where no charset or an unknown one is named', () => {
    const body = Buffer.from(greeting)
    expect(text(read(Buffer.concat([Buffer.from('Subject: a\n\n'), body])).root)).toBe(greeting)
    expect(
      text(read(Buffer.concat([Buffer.from('Content-Type: text/plain; charset=x-none\n\n'), body])).root),
    ).toBe(greeting)
  })
})

describe('transfer encodings', () => {
  const message = (encoding: string, body: string) =>
    `Content-Type: text/plain; charset=utf-8\n${encoding}\n\n${body}`

  it('decodes base64, up to a footer that is none', () => {
    const body = `${Buffer.from(greeting).toString('base64')}\n-- \nSent by a list\n`
    expect(text(read(message('Content-Transfer-Encoding: base64', body)).root)).toBe(greeting)
  })

  it('decodes quoted-printable, over soft line breaks', () => {
    expect(
      text(
        read(
          message(
            'Content-Transfer-Encoding: quoted-printable',
            'Gr=C3=BC=\n=C3=9Fe =\nan kai@ex=\nample.org',
          ),
        ).root,
      ),
    ).toBe('Grüße an kai@example.org')
  })

  it('decodes quoted-printable that does not say so', () => {
    expect(
      text(read('Content-Type: text/plain; charset=utf-8\n\nDetails:=20\nthe domain did =\nnot answer').root),
    ).toBe('Details: \nthe domain did not answer')
  })

  it('leaves text with an equals sign alone', () => {
    expect(text(read('Subject: a\n\na = b\nc == d\n').root)).toBe('a = b\nc == d\n')
  })
})

describe('structure', () => {
  const two =
    'Content-Type: multipart/mixed; boundary="a b"\n\npreamble\n--a b\n\none\n--a b\nContent-Type: text/html\n\n<p>two</p>\n--a b--\nepilogue\n'

  it.each([
    ['line feeds', two],
    ['IMAP line ends', two.replaceAll('\n', '\r\n')],
    ['carriage returns', two.replaceAll('\n', '\r')],
    ['no closing boundary', two.slice(0, two.indexOf('\n--a b--'))],
    ['no boundary parameter', two.replace('; boundary="a b"', '')],
    ['blank lines above the header', `   \n\n${two}`],
    ['an mbox line above the header', `From MAILER-DAEMON Mon Mar  2 09:00:00 2026\n${two}`],
  ])('finds the parts with %s', (_, message) => {
    const { root } = read(message)
    expect(types(root)).toEqual(['multipart/mixed', 'text/plain', 'text/html'])
    expect(root.children.map((part) => text(part).trim())).toEqual(['one', 'two'])
  })

  it('finds the parts of a message that lost its Content-Type', () => {
    const message =
      'From: a@b.example\n\nThis is a MIME-encapsulated message\n\n--x/1\n\none\n--x/1\nContent-Type: message/delivery-status\n\nStatus: 5.1.1\n--x/1--\n'
    expect(types(read(message).root)).toEqual(['multipart/mixed', 'text/plain', 'message/delivery-status'])
  })

  it('takes a blank line above the fields of a part for a mistake', () => {
    const message =
      'Content-Type: multipart/mixed; boundary=x\n\n--x\n\nContent-Type: message/delivery-status\n\nStatus: 5.1.1\n--x--\n'
    const [part] = read(message).root.children
    expect([part?.contentType.type, part && decodedBytes(part).trim()]).toEqual([
      'message/delivery-status',
      'Status: 5.1.1',
    ])
  })

  it('looks into attached messages', () => {
    const { root } = read('Content-Type: message/rfc822\n\nSubject: inner\n\nhello\n')
    expect(root.children[0]?.headers.raw('subject')).toBe('inner')
  })
})

describe('headers', () => {
  it('unfolds and decodes', () => {
    const { headers } = read(
      'Subject: =?utf-8?B?R3LDvMOfZQ==?=\n =?iso-8859-1?Q?_an_J=F6rg?=\nTo: a@b.example\n\n',
    ).root
    expect(headers.decoded('subject')).toBe('Grüße an Jörg')
    expect(headers.raw('to')).toBe('a@b.example')
  })

  it('lists a field that comes more than once', () => {
    expect(read('X-A: 1\nx-a: 2\n\n').root.headers.all('x-a')).toEqual(['1', '2'])
  })
})

it.each(['style', 'STYLE', 'Script'])('finds the end of an unseen %s in any case', (name) => {
  const html = `<html><${name.toLowerCase()}>p {}</${name}><p>Not delivered</p></html>`
  expect(text(read(`Content-Type: text/html\n\n${html}`).root).trim()).toBe('Not delivered')
})

it('turns HTML into lines, without styles', () => {
  const html =
    '<html><head><style>p { color: red }</style></head><body><p>Your&nbsp;message to <b>kai@example.org</b></p><div>was rejected &amp; returned</div></body></html>'
  const lines = text(read(`Content-Type: text/html\n\n${html}`).root)
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
  expect(lines).toEqual(['Your message to kai@example.org', 'was rejected & returned'])
})
