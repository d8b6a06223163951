import { describe, expect, test } from 'vitest'
import { parseServerMessageId } from '../../../src/smtp/message-id.ts'

const ours = '<0198-abc@example.com>'
const sesId = '010001725d8ad4fc-9fe8fb1f-0292-430b-a634-1eba65166dbb-000000'

describe("the server's own Message-ID", () => {
  test('is read from the reply of Amazon SES, with the region of the host', () => {
    expect(parseServerMessageId(`Ok ${sesId}`, ours, 'ses', 'email-smtp.us-east-1.amazonaws.com')).toBe(
      `<${sesId}@email.amazonses.com>`,
    )
    expect(parseServerMessageId(`Ok ${sesId}`, ours, 'ses', 'email-smtp.eu-west-1.amazonaws.com')).toBe(
      `<${sesId}@eu-west-1.amazonses.com>`,
    )
  })

  test('is read from the reply of Microsoft 365', () => {
    const text =
      'OK <AM0PR01MB1@AM0PR01MB1.eurprd01.prod.outlook.com> [Hostname=AM0PR01MB1.eurprd01.prod.outlook.com]'
    expect(parseServerMessageId(text, ours, 'outlook')).toBe(
      '<AM0PR01MB1@AM0PR01MB1.eurprd01.prod.outlook.com>',
    )
    expect(parseServerMessageId(text, ours, 'generic')).toBeDefined()
  })

  test('is none where the server kept ours or says nothing about it', () => {
    expect(
      parseServerMessageId('OK <a@b.prod.outlook.com>', '<a@b.prod.outlook.com>', 'outlook'),
    ).toBeUndefined()
    expect(parseServerMessageId('2.0.0 Ok: queued as 4XYZ', ours, 'generic')).toBeUndefined()
    expect(parseServerMessageId(`Ok ${sesId}`, ours, 'generic')).toBeUndefined()
  })
})
