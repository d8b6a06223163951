import type { Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'

/** One email to write, with what either side remembers of it. */
export interface PlannedEmail {
  token: string
  threadToken: string
  depth: number
  planDate: string
  dueAt: Date
  messageId: string
  content: {
    subject: string
    text: string
    headers: Record<string, string>
    references?: string[]
    /** ISO 8601: what has not left by then is too late. */
    notAfter?: string
  }
  sender: ExchangeSide
  receiver: ExchangeSide
}

export interface ExchangeSide {
  tenantId: string
  mailboxId: string
  address: string
  provider: string
}

/** The ledger rows and both sides' records; nothing twice, as a token is used once. */
export async function insertPlanned(
  trx: Trx,
  emails: readonly (PlannedEmail & IdsOfPlanned)[],
): Promise<void> {
  if (emails.length === 0) return
  await trx
    .insertInto('emails')
    .values(
      emails.map(({ emailId, sender, receiver, token, messageId, content, dueAt }) => ({
        tenant_id: sender.tenantId,
        id: emailId,
        kind: 'warmup' as const,
        lane: 'low' as const,
        email_account_id: sender.mailboxId,
        idempotency_key: `warmup:${token}`,
        to_address: receiver.address,
        message_id: messageId,
        content: toJson(content),
        due_at: dueAt,
        first_due_at: dueAt,
      })),
    )
    .execute()
  await trx.insertInto('warmup_exchanges').values(emails.flatMap(bothSides)).execute()
}

export interface IdsOfPlanned {
  emailId: string
  senderExchangeId: string
  receiverExchangeId: string
}

function bothSides(email: PlannedEmail & IdsOfPlanned) {
  const { sender, receiver, token, threadToken, depth, planDate, dueAt } = email
  const common = { token, thread_token: threadToken, depth, plan_date: planDate, planned_at: dueAt }
  const partnerOf = ({ address, provider }: ExchangeSide) => ({
    partner_mailbox: address,
    partner_domain: address.slice(address.lastIndexOf('@') + 1),
    partner_provider: provider,
  })
  return [
    {
      ...common,
      ...partnerOf(receiver),
      tenant_id: sender.tenantId,
      id: email.senderExchangeId,
      side: 'sender' as const,
      email_account_id: sender.mailboxId,
      email_id: email.emailId,
    },
    {
      ...common,
      ...partnerOf(sender),
      tenant_id: receiver.tenantId,
      id: email.receiverExchangeId,
      side: 'receiver' as const,
      email_account_id: receiver.mailboxId,
      email_id: null,
    },
  ]
}

export interface MailboxPlan {
  tenantId: string
  mailboxId: string
  date: string
  wanted: number
  planned: number
  note: string | null
}

export async function insertMailboxPlans(trx: Trx, plans: readonly MailboxPlan[]): Promise<void> {
  if (plans.length === 0) return
  await trx
    .insertInto('warmup_plans')
    .values(
      plans.map(({ tenantId, mailboxId, date, wanted, planned, note }) => ({
        tenant_id: tenantId,
        email_account_id: mailboxId,
        plan_date: date,
        wanted,
        planned,
        note,
      })),
    )
    .execute()
}
