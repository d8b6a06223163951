import { describe, expect, test } from 'vitest'
import { messageReferences } from '../../../src/inbox/thread.ts'
import { received } from './mail.ts'

describe('what a message refers to one of ours by', () => {
  test('comes in order of trust, no value twice', () => {
    const text = [
      '--b',
      'Content-Type: text/plain',
      '',
      'Returned.',
      '> X-Rookery-Ref: quoted-ref-1',
      '--b',
      'Content-Type: message/rfc822',
      '',
      'Message-ID: <returned@sender.example>',
      'X-Rookery-Ref: returned-ref-1',
      '',
      'Hello',
      '--b--',
    ].join('\r\n')
    const mail = received(text, {
      'Content-Type': 'multipart/mixed; boundary=b',
      'Delivered-To': 'sam+T0ken@sender.example',
      'In-Reply-To': '"your mail" <two@sender.example>',
      References: '<one@sender.example>\r\n <two@sender.example> <three@sender.example>',
    })
    expect(messageReferences(mail)).toEqual([
      { by: 'plus_token', value: 'T0ken' },
      { by: 'ref', value: 'returned-ref-1' },
      { by: 'ref', value: 'quoted-ref-1' },
      { by: 'returned_message_id', value: '<returned@sender.example>' },
      { by: 'in_reply_to', value: '<two@sender.example>' },
      { by: 'references', value: '<three@sender.example>' },
      { by: 'references', value: '<one@sender.example>' },
    ])
  })

  test('is read from a part of returned headers too', () => {
    const text = [
      '--b',
      'Content-Type: text/rfc822-headers',
      '',
      'Message-ID: <r@sender.example>',
      '--b--',
    ].join('\r\n')
    const mail = received(text, { 'Content-Type': 'multipart/report; boundary=b', 'In-Reply-To': undefined })
    expect(messageReferences(mail)).toEqual([{ by: 'returned_message_id', value: '<r@sender.example>' }])
  })

  test('is nothing in a message that names nothing', () => {
    expect(messageReferences(received('Hello', { 'In-Reply-To': undefined }))).toEqual([])
    expect(messageReferences(received('Hello', { 'In-Reply-To': 'your mail of Thursday' }))).toEqual([])
  })

  test('is the newest fifty of a long thread', () => {
    const ids = Array.from({ length: 200 }, (_, index) => `<id-${index}@sender.example>`)
    const found = messageReferences(
      received('Hello', { 'In-Reply-To': undefined, References: ids.join(' ') }),
    )
    expect(found).toHaveLength(50)
    expect(found[0]?.value).toBe('<id-199@sender.example>')
  })
})
