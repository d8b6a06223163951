import { newMessageId, readOriginal } from './reply-message.ts'
import type { Party } from './smtp-behaviours.ts'

/** What a provider does with accepted mail: files it in its sender's Sent folder, under its own Message-ID, late, or not. */
export interface SentFiling {
  do: 'file' | 'rewrite_message_id' | 'nothing'
  afterMs?: number
}

/** For `onAccepted` of the SMTP provider; `deliver` puts a message into the Sent folder of an address, if it has one. */
export function createSentFiling(
  filing: SentFiling,
  deliver: (address: string, message: Buffer) => void,
): (headers: string, party: Party) => void {
  return (headers, { sender, recipient }) => {
    if (filing.do === 'nothing') return
    const { from, messageId } = readOriginal(Buffer.from(headers, 'latin1'), { from: sender, to: recipient })
    const ours = filing.do === 'file' ? headers : headers.replace(messageId, newMessageId('rewritten.test'))
    const file = () => deliver(from, Buffer.from(`${ours}\r\n\r\n`, 'latin1'))
    if (filing.afterMs) setTimeout(file, filing.afterMs).unref()
    else file()
  }
}
