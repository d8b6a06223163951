import type { Db, Trx } from '../db/connect.ts'
import { decodeBody, type EncodedBody } from './body-coding.ts'

export interface NewBody extends EncodedBody {
  sha256: Buffer
  /** Before compression. */
  bytes: number
  truncated: boolean
}

/** Once for each tenant, however many messages bear it. */
export async function insertBody(trx: Trx, tenantId: string, body: NewBody): Promise<void> {
  await trx
    .insertInto('email_bodies')
    .values({ tenant_id: tenantId, ...body })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'sha256']).doNothing())
    .execute()
}

/** The stored bytes of a message: all of a report or an unreadable message (2 MB at most), the text of any other. */
export async function findMessageBody(
  db: Db,
  message: { tenantId: string; id: string },
): Promise<Buffer | undefined> {
  const row = await db
    .selectFrom('email_messages as message')
    .innerJoin('email_bodies as body', (join) =>
      join.onRef('body.tenant_id', '=', 'message.tenant_id').onRef('body.sha256', '=', 'message.body_sha256'),
    )
    .select(['body.encoding', 'body.body'])
    .where('message.tenant_id', '=', message.tenantId)
    .where('message.id', '=', message.id)
    .executeTakeFirst()
  return row && (await decodeBody(row))
}
