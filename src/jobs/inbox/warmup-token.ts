import { civilDate } from '../../core/civil-time.ts'
import type { Trx } from '../../db/connect.ts'
import { whyRejected } from '../../warmup/reject.ts'
import { findKnownOfToken, insertReject } from '../../warmup/reject-store.ts'
import { readToken } from '../../warmup/token.ts'
import type { SyncedMailbox } from './mailbox.ts'

/** Counts a token that was forged, repeated or sent to somebody else; nothing else follows from it. Before the message is kept. */
export async function countRejectedToken(
  trx: Trx,
  key: Buffer,
  mailbox: Pick<SyncedMailbox, 'tenantId' | 'id' | 'address' | 'zone'>,
  { token, from, at }: { token: string; from: string | undefined; at: Date },
): Promise<void> {
  const place = { tenantId: mailbox.tenantId, mailboxId: mailbox.id }
  const isOurs = readToken(key, token) !== undefined
  const nothing = { exchanges: [], isForgotten: true, seenBefore: false }
  const known = isOurs ? await findKnownOfToken(trx, place, token) : nothing
  const reason = whyRejected({
    ...known,
    isOurs,
    from: from?.toLowerCase(),
    mailbox: mailbox.address.toLowerCase(),
  })
  if (reason) await insertReject(trx, place, civilDate(at, mailbox.zone), reason)
}
