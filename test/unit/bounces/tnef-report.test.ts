import { describe, expect, it } from 'vitest'
import { parseReport } from '../../../src/bounces/parse-report.ts'
import { readTnef } from '../../../src/mime/tnef.ts'

const u16 = (value: number): Buffer => Buffer.from([value & 255, value >> 8])
function u32(value: number): Buffer {
  const out = Buffer.alloc(4)
  out.writeUInt32LE(value)
  return out
}

/** A text property of MS-OXTNEF: one value of UTF-16, padded to four bytes. */
function property(tag: number, text: string): Buffer {
  const value = Buffer.from(`${text}\0`, 'utf16le')
  const padding = Buffer.alloc((4 - (value.length % 4)) % 4)
  return Buffer.concat([u16(0x1f), u16(tag), u32(1), u32(value.length), value, padding])
}

const long = (tag: number): Buffer => Buffer.concat([u16(3), u16(tag), u32(1)])
const list = (...properties: Buffer[]): Buffer => Buffer.concat([u32(properties.length), ...properties])

function attribute(id: number, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from([1]), u32(id), u32(data.length), data, u16(0)])
}

const report = Buffer.concat([
  u32(0x223e9f78),
  u16(1),
  attribute(0x0002800c, Buffer.from('Your message did not reach some of its recipients.\r\n\0', 'latin1')),
  attribute(
    0x00069004,
    Buffer.concat([
      u32(2),
      list(
        long(0x0c15),
        property(0x39fe, 'kai@example.org'),
        property(0x0c1b, '<mx.example.org #5.1.1 smtp;550 5.1.1 User unknown>'),
      ),
      list(
        property(0x3003, 'mia@example.net'),
        property(0x1001, 'The mailbox is full <mx.example.net #5.2.2>'),
      ),
    ]),
  ),
])

const message = (tnef: Buffer): Buffer =>
  Buffer.from(
    `Return-Path: <>\nFrom: Postmaster <postmaster@corp.example>\nTo: lena@sender.example\nSubject: Undeliverable: Your question\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="t"\n\n--t\nContent-Type: text/plain\n\n\n--t\nContent-Type: application/ms-tnef; name="winmail.dat"\nContent-Transfer-Encoding: base64\n\n${tnef.toString('base64').replace(/(.{76})/g, '$1\n')}\n--t--\n`,
  )

describe('a report of Exchange inside a winmail.dat (MS-OXTNEF)', () => {
  it('names its recipients, with what their servers said', () => {
    const { type, recipients } = parseReport(message(report))
    expect(type).toBe('bounce')
    expect(recipients.map((one) => [one.address, one.kind, one.reason, one.status])).toEqual([
      ['kai@example.org', 'hard', 'invalid_recipient', '5.1.1'],
      ['mia@example.net', 'soft', 'mailbox_full', '5.2.2'],
    ])
  })

  it('is read as far as it goes when it is cut off anywhere', () => {
    for (let length = 0; length < report.length; length += 1)
      expect(() => readTnef(report.subarray(0, length))).not.toThrow()
    expect(readTnef(report.subarray(0, report.length - 160))?.recipients).toHaveLength(1)
  })

  it('ends where its lengths and counts lie', () => {
    const lying = Buffer.concat([u32(0x223e9f78), u16(1), attribute(0x00069004, u32(0xffffffff))])
    expect(readTnef(lying)).toEqual({ body: '', recipients: [] })
    expect(readTnef(Buffer.from('no TNEF at all'))).toBeUndefined()
  })
})
