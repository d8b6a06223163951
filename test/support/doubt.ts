import type { Db } from '../../src/db/connect.ts'
import type { ImapFarm } from '../../src/lab/imap-farm.ts'
import { newMessageId } from '../../src/lab/reply-message.ts'
import type { Email, Mailbox } from './factories.ts'
import { insertSubmittingEmail } from './inbound.ts'

/** An email that has been in doubt for so long, taken up by the scheduler, and to be looked for now. */
export function insertUnknownEmail(
  db: Db,
  mailbox: Mailbox,
  ageSeconds: number,
  overrides: Parameters<typeof insertSubmittingEmail>[2] = {},
): Promise<Email> {
  const unknown_at = new Date(Date.now() - ageSeconds * 1000)
  return insertSubmittingEmail(db, mailbox, {
    status: 'unknown',
    reason_code: 'connection_lost_after_body',
    error_message: 'the connection was lost',
    lease_until: null,
    claimed_at: new Date(unknown_at.getTime() - 10_000),
    look_attempt: 1,
    unknown_at,
    next_look_at: new Date(Date.now() - 1000),
    ...overrides,
  })
}

/** Files the email in its mailbox's Sent as a provider would; `rewritten` under an ID of its own, which is returned. */
export function fileInSent(
  farm: ImapFarm,
  mailbox: Mailbox,
  email: Email,
  options: { rewritten?: boolean; at?: Date } = {},
): string {
  const id = options.rewritten ? newMessageId('rewritten.test') : (email.message_id ?? '')
  const head = `From: <${mailbox.email_address}>\r\nMessage-ID: ${id}\r\nX-Rookery-Ref: ${email.ref}\r\n\r\n`
  farm.deliver(mailbox.email_address, Buffer.from(head), {
    folder: 'Sent',
    internalDate: options.at ?? email.claimed_at ?? new Date(),
  })
  return id
}

export function listLooks(db: Db, email: Pick<Email, 'id'>) {
  return db
    .selectFrom('email_looks')
    .select(['look', 'attempt', 'result', 'controlled', 'followed_by', 'folders', 'reason'])
    .where('email_id', '=', email.id)
    .orderBy('looked_at')
    .execute()
}
