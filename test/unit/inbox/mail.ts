import { type InboundMail, type ReportSummary, toInboundMail } from '../../../src/inbox/inbound-mail.ts'
import { readMail } from '../../../src/mime/read-mail.ts'

/** A message as it is received; `fields` replace those of an ordinary answer, undefined removes one. */
export function received(
  text: string,
  fields: Record<string, string | undefined> = {},
  report: ReportSummary = { type: 'none' },
): InboundMail {
  const header = { ...ordinary, ...fields }
  const lines = Object.entries(header).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  )
  return toInboundMail(readMail(Buffer.from(`${lines.join('\r\n')}\r\n\r\n${text}`)), report)
}

const ordinary = {
  From: 'Lee Lead <lee@lead.example>',
  To: 'Sam Sender <sam@sender.example>',
  Subject: 'Re: A question',
  'In-Reply-To': '<sent-1@sender.example>',
  'Content-Type': 'text/plain; charset=utf-8',
}
