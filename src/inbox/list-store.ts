import type { Selectable } from 'kysely'
import type { Db } from '../db/connect.ts'
import type { EmailMessagesTable } from '../db/schema.ts'

export type ListedMessage = Pick<
  Selectable<EmailMessagesTable>,
  | 'id'
  | 'message_type'
  | 'status'
  | 'reason'
  | 'from_email'
  | 'subject'
  | 'internal_date'
  | 'matched_by'
  | 'facts'
> & { mailbox: string; campaign: string | null }

export interface ListFilter {
  /** Only what was matched to nothing, waits, or could not be read. */
  open?: boolean
  types?: readonly ListedMessage['message_type'][]
  limit: number
}

/** What came back to the tenant's mailboxes, newest first. */
export async function listMessages(db: Db, tenantId: string, filter: ListFilter): Promise<ListedMessage[]> {
  return db
    .selectFrom('email_messages as m')
    .innerJoin('email_accounts as a', (join) =>
      join.onRef('a.tenant_id', '=', 'm.tenant_id').onRef('a.id', '=', 'm.email_account_id'),
    )
    .leftJoin('campaigns as c', (join) =>
      join.onRef('c.tenant_id', '=', 'm.tenant_id').onRef('c.id', '=', 'm.campaign_id'),
    )
    .select([
      'm.id',
      'm.message_type',
      'm.status',
      'm.reason',
      'm.from_email',
      'm.subject',
      'm.internal_date',
      'm.matched_by',
      'm.facts',
      'a.email_address as mailbox',
      'c.campaign_name as campaign',
    ])
    .where('m.tenant_id', '=', tenantId)
    .$if(filter.open === true, (query) =>
      query.where('m.status', 'in', ['pending', 'unmatched', 'unreadable']),
    )
    .$if(filter.types !== undefined, (query) =>
      query.where('m.message_type', 'in', [...(filter.types ?? [])]),
    )
    .orderBy('m.internal_date', 'desc')
    .orderBy('m.id', 'desc')
    .limit(filter.limit)
    .execute()
}
