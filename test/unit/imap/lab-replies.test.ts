import { describe, expect, test } from 'vitest'
import { parseReport } from '../../../src/bounces/parse-report.ts'
import {
  autoReply,
  challenge,
  humanReply,
  outOfOffice,
  typedUnsubscribe,
  unsubscribeRequest,
} from '../../../src/lab/replies.ts'
import { type OriginalMessage, type ReplyContext, readOriginal } from '../../../src/lab/reply-message.ts'
import { exchangeReport, eximBounce, gmailReport, qmailBounce } from '../../../src/lab/report-formats.ts'
import { complaint, delayedNotice, hardBounce, mailboxFullBounce } from '../../../src/lab/reports.ts'

const original: OriginalMessage = {
  messageId: '<1@sender.test>',
  ref: 'r1',
  from: 'ann@sender.test',
  to: 'bob@lead.test',
  subject: 'An offer',
  date: new Date('2026-03-01T10:00:00Z'),
}
const context: ReplyContext = { original, now: new Date('2026-03-01T10:05:00Z') }
const tokened: ReplyContext = { ...context, original: { ...original, returnPath: 'ann+b-token@sender.test' } }

type Build = (given: ReplyContext) => Buffer

describe('what the lab reports is read as', () => {
  test.each<[string, Build, object]>([
    ['a dead address', hardBounce, { kind: 'hard', reason: 'invalid_recipient', status: '5.1.1' }],
    ['a full mailbox', mailboxFullBounce, { kind: 'soft', reason: 'mailbox_full', status: '5.2.2' }],
    ['a delay', delayedNotice, { kind: 'delayed', status: '4.4.1' }],
    ["a dead address, in Exchange's way", exchangeReport, { kind: 'hard', status: '5.1.10' }],
    ["a dead address, in Gmail's way", gmailReport, { kind: 'hard', reason: 'invalid_recipient' }],
    ["a dead address, in qmail's way", qmailBounce, { kind: 'hard', reason: 'invalid_recipient' }],
    ["a dead address, in Exim's way", eximBounce, { kind: 'hard', reason: 'invalid_recipient' }],
  ])('%s', (_what, build, recipient) => {
    const raw = build(tokened)
    const verdict = parseReport(raw)
    expect(verdict).toMatchObject({ type: 'bounce', original: { messageId: '1@sender.test' } })
    expect(verdict.recipients).toMatchObject([{ address: 'bob@lead.test', ...recipient }])
    expect(verdict.original.headers).toMatchObject({ 'x-rookery-ref': 'r1' })
    expect(fieldOf(raw, 'To')).toMatch(/^<?ann\+b-token@sender\.test>?$/)
  })

  test('a complaint', () => {
    expect(parseReport(complaint(context))).toMatchObject({
      type: 'feedback',
      feedbackType: 'abuse',
      recipients: [{ address: 'bob@lead.test' }],
      original: { messageId: '1@sender.test' },
    })
  })

  test.each<[string, Build, string]>([
    ['an automatic answer', autoReply, 'autoreply'],
    ['a challenge', challenge, 'challenge'],
    ['nothing of the kind, from a person', humanReply, 'none'],
    ['nothing of the kind, from a person who has had enough', typedUnsubscribe, 'none'],
    ['nothing of the kind, from an unsubscribe button', unsubscribeRequest, 'none'],
  ])('%s', (_what, build, type) => {
    expect(parseReport(build(context)).type).toBe(type)
  })
})

describe('an answer', () => {
  const backOn = new Date('2026-03-16T00:00:00Z')
  test.each([
    ['en', '16 March 2026'],
    ['de', '16. März 2026'],
    ['fr', '16 mars 2026'],
    ['es', '16 de marzo de 2026'],
  ] as const)('from one who is away, in %s, says until when', (language, date) => {
    const raw = outOfOffice(context, language, backOn)
    expect(raw.toString()).toContain(date)
    expect(parseReport(raw).type).toBe('autoreply')
  })

  test.each([autoReply, challenge, humanReply, typedUnsubscribe])(
    'is in the thread of what it answers: %o',
    (build) => {
      const raw = build(context)
      expect([fieldOf(raw, 'In-Reply-To'), fieldOf(raw, 'References')]).toEqual([
        '<1@sender.test>',
        '<1@sender.test>',
      ])
      expect(fieldOf(raw, 'From')).toBe('<bob@lead.test>')
    },
  )

  test('of an unsubscribe button has a thread of its own', () => {
    const raw = unsubscribeRequest(context)
    expect([fieldOf(raw, 'Subject'), fieldOf(raw, 'In-Reply-To')]).toEqual(['unsubscribe', undefined])
  })
})

test('an original is read off what was sent', () => {
  const raw = Buffer.from(
    'Received: x\r\nFrom: "Ann" <ann@sender.test>\r\nSubject: An\r\n offer\r\nMessage-ID: <1@sender.test>\r\n' +
      'X-Rookery-Ref: r1\r\nDate: Sun, 01 Mar 2026 10:00:00 +0000\r\n\r\nMessage-ID: <no@sender.test>\r\n',
  )
  expect(readOriginal(raw, { from: 'ann+t@sender.test', to: 'bob@lead.test' })).toMatchObject({
    ...original,
    returnPath: 'ann+t@sender.test',
  })
})

test('all of them have the line ends and lengths of mail', () => {
  const builders = [
    hardBounce,
    delayedNotice,
    complaint,
    qmailBounce,
    eximBounce,
    exchangeReport,
    gmailReport,
  ]
  for (const build of [...builders, humanReply, autoReply, challenge, unsubscribeRequest]) {
    const raw = build(context).toString()
    expect(raw.replaceAll('\r\n', ''), build.name).not.toMatch(/[\r\n]/)
    expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThan(998)
  }
})

function fieldOf(raw: Buffer, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)\r$`, 'm').exec(raw.toString().split('\r\n\r\n')[0] ?? '')?.[1]
}
