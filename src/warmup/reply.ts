import { newId } from '../core/ids.ts'
import type { Trx } from '../db/connect.ts'
import { type WarmupLanguage, writeMessage } from './content.ts'
import { firstNameOf } from './names.ts'
import { pairKey } from './plan.ts'
import { insertPlanned } from './plan-store.ts'
import { lockPool } from './pool-store.ts'
import { findConversation } from './reply-store.ts'
import { newToken, readToken, tokenHeader, tokenMessageId } from './token.ts'

/** A received message that its mailbox answers. */
export interface ReplyTo {
  tenantId: string
  /** The receiving side's record. */
  exchangeId: string
  /** As the message bears them: a provider may have given it an ID of its own. */
  messageId: string
  references: readonly string[]
  subject: string
  dueAt: Date
  /** What it answers is too old from then on. */
  notAfter: Date
}

/** A conversation ends here. */
const maxDepth = 4

/**
 * Puts an answer into the ledger, with both sides' records, in the caller's transaction. Undefined when the conversation has
 * come to its end, or its partner takes part no more. The caller notes that the message was answered in the same transaction,
 * under a key that forbids a second time.
 */
export async function insertReply(
  trx: Trx,
  key: Buffer,
  reply: ReplyTo,
): Promise<{ emailId: string; tenantId: string; mailboxId: string } | undefined> {
  await lockPool(trx, 'shared')
  const found = await findConversation(trx, reply.tenantId, reply.exchangeId)
  if (!found || found.depth >= maxDepth) return undefined
  const pool = readToken(key, found.threadToken)
  if (pool !== found.pool) return undefined
  const depth = found.depth + 1
  const [starter, other] = depth % 2 === 1 ? [found.own, found.partner] : [found.partner, found.own]
  const pair = pairKey(found.own.address, found.partner.address)
  const names = { from: firstNameOf(starter), to: firstNameOf(other) }
  const language: WarmupLanguage = starter.language
  const { text } = writeMessage(language, pair, found.conversationsBefore, depth, names)
  const token = newToken(key, pool)
  const emailId = newId()
  await insertPlanned(trx, [
    {
      token,
      threadToken: found.threadToken,
      depth,
      planDate: found.date,
      dueAt: reply.dueAt,
      messageId: tokenMessageId(token, found.own.address),
      content: {
        subject: answerSubject(reply.subject),
        text,
        headers: { [tokenHeader]: token },
        references: [...reply.references, reply.messageId],
        notAfter: reply.notAfter.toISOString(),
      },
      sender: found.own,
      receiver: found.partner,
      emailId,
      senderExchangeId: newId(),
      receiverExchangeId: newId(),
    },
  ])
  return { emailId, tenantId: found.own.tenantId, mailboxId: found.own.mailboxId }
}

const answerSubject = (subject: string): string => (/^re:/i.test(subject) ? subject : `Re: ${subject}`)
