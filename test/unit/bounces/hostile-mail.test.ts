import { describe, expect, it } from 'vitest'
import { maxRecipients } from '../../../src/bounces/limits.ts'
import { parseReport } from '../../../src/bounces/parse-report.ts'
import { mutants } from './mutants.ts'

/** The bar of the parser for one message; hostile mail has to stay below it as well. */
const maxMs = 250

function timed(message: string | Buffer): { verdict: ReturnType<typeof parseReport>; ms: number } {
  const bytes = typeof message === 'string' ? Buffer.from(message, 'latin1') : message
  let ms = Number.POSITIVE_INFINITY
  // What is slow each time is slow; once, the machine had other things to do.
  for (let run = 0; run < 3 && ms > maxMs; run += 1) {
    const start = performance.now()
    parseReport(bytes)
    ms = performance.now() - start
  }
  return { verdict: parseReport(bytes), ms }
}

const deliveryStatus = (groups: string): string =>
  `From: MAILER-DAEMON@x.example\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n${groups}\n--b--\n`

const group = (n: number): string =>
  `Final-Recipient: rfc822; u${n}@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 ${'no such user '.repeat(6)}\n\n`

describe('a report with more than it may have', () => {
  it('names the first recipients and says that there were more', () => {
    const { verdict, ms } = timed(
      deliveryStatus(Array.from({ length: 100_000 }, (_, n) => group(n)).join('')),
    )
    expect(verdict.recipients).toHaveLength(maxRecipients)
    expect(verdict.truncated).toBe(true)
    expect(ms).toBeLessThan(maxMs)
  })

  it.each([
    ['multiparts', (depth: number) => `Content-Type: multipart/mixed; boundary=b${depth}\n\n--b${depth}\n`],
    ['attached messages', () => 'Content-Type: message/rfc822\n\n'],
  ])('stops at the named depth of %s', (_, level) => {
    const { verdict, ms } = timed(Array.from({ length: 1000 }, (_unused, depth) => level(depth)).join(''))
    expect(verdict).toMatchObject({ type: 'none', truncated: true })
    expect(ms).toBeLessThan(maxMs)
  })

  it('reads the report in front of 50 MB of attachment', () => {
    const report = deliveryStatus(group(1))
    const { verdict, ms } = timed(Buffer.concat([Buffer.from(report), Buffer.alloc(50 * 1024 * 1024, 'A')]))
    expect(verdict).toMatchObject({
      type: 'bounce',
      truncated: true,
      recipients: [{ address: 'u1@example.org' }],
    })
    expect(ms).toBeLessThan(maxMs)
  })
})

describe('text made to be slow', () => {
  const frame = (text: string): string =>
    `Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nSubject: failure notice\nX-Failed-Recipients: kai@example.org\n\n${text}`
  it.each([
    ['one line of a megabyte', 'a'.repeat(1_000_000)],
    ['nothing but at signs', '@'.repeat(1_000_000)],
    ['nothing but brackets', '<'.repeat(1_000_000)],
    ['addresses without end', 'a@b.c '.repeat(200_000)],
    ['lines of addresses', 'to: a@b.c\n'.repeat(100_000)],
    ['spaces', `${' '.repeat(500_000)}x`],
    ['dashes', `${'-'.repeat(200)}\n`.repeat(5000)],
    ['quoted-printable ends', '=20 \n='.repeat(100_000)],
    ['codes', '550 5.1.1 550-5.1.1 '.repeat(50_000)],
    ['the words of the rules, interrupted', 'mailbox exceeded host does not domain '.repeat(30_000)],
    ['sessions', '>>> RCPT TO:<a@b.c>\n<<< 550 no\n'.repeat(30_000)],
  ])('%s', (_, text) => {
    const { verdict, ms } = timed(frame(text))
    expect(verdict.type).toBe('bounce')
    expect(ms).toBeLessThan(maxMs)
  })

  it.each([
    ['styles that never end', '<style>'.repeat(100_000)],
    ['entities', '&amp;&#x;&'.repeat(100_000)],
  ])('HTML of %s', (_, html) => {
    const { ms } = timed(`From: MAILER-DAEMON@x.example\nContent-Type: text/html\n\n${html}`)
    expect(ms).toBeLessThan(maxMs)
  })

  it('headers without end, folded and encoded', () => {
    const subject = `Subject: ${'=?utf-8?Q?=C3=A9?=\n '.repeat(50_000)}\n`
    expect(timed(`${subject}${'X-A: b\n'.repeat(100_000)}\nbody`).ms).toBeLessThan(maxMs)
  })
})

describe('bytes that are no mail', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['NUL', Buffer.alloc(5000)],
    ['0xff', Buffer.alloc(5000, 0xff)],
    ['carriage returns', Buffer.alloc(5000, '\r')],
    ['newlines', Buffer.alloc(5000, '\n')],
  ])('%s is none, with why', (_, bytes) => {
    expect(timed(bytes).verdict).toMatchObject({ type: 'none', why: expect.any(String) })
  })

  // All together: two seconds on a machine that does nothing else.
  it('gives a verdict for 3,000 damaged reports', { timeout: 60_000 }, () => {
    for (const mutant of mutants(3000, 7)) {
      const { verdict, ms } = timed(mutant)
      expect(verdict.why ?? '').not.toContain('the reader failed')
      expect(ms).toBeLessThan(maxMs)
    }
  })
})
