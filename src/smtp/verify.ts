import { classifySubmission } from './outcome.ts'
import { PooledTransport } from './pooled-transport.ts'
import { insecureReason, type SmtpMailbox, scrub } from './security.ts'
import { failureFacts } from './submit.ts'
import type { TransportsOptions } from './transports.ts'

export type MailboxCheck = { ok: true } | { ok: false; code: string; detail: string }

const timeoutMs = 30_000

/** Connects, logs in and quits; `detail` is the server's own words where it spoke, without secrets. */
export async function verifyMailbox(
  mailbox: SmtpMailbox,
  options: TransportsOptions = {},
): Promise<MailboxCheck> {
  const refusal = insecureReason(mailbox)
  if (refusal) return { ok: false, code: 'insecure_refused', detail: refusal }
  const transport = new PooledTransport(
    { ...mailbox, maxConnections: 1 },
    {
      connectTimeoutMs: timeoutMs,
      greetingTimeoutMs: timeoutMs,
      replyTimeoutMs: timeoutMs,
      maxMessagesPerConnection: 1,
      ...options,
    },
    () => {},
    () => {},
  )
  try {
    await transport.verify()
    return { ok: true }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const facts = failureFacts(error)
    const { code } = classifySubmission({ ...facts, released: false })
    return { ok: false, code, detail: scrub(error.message, mailbox) }
  }
}
