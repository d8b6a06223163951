import type { Db, Trx } from '../db/connect.ts'
import type { Sealer, SecretBinding } from '../secrets/sealer.ts'

/** Seals the password before it leaves this process; replaces an earlier one. */
export async function setCredential(
  trx: Trx,
  sealer: Sealer,
  binding: SecretBinding,
  password: string,
): Promise<void> {
  const secret = { key_id: sealer.keyId, sealed: sealer.seal(password, binding) }
  await trx
    .insertInto('mailbox_credentials')
    .values({
      tenant_id: binding.tenantId,
      email_account_id: binding.mailboxId,
      field: binding.field,
      ...secret,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['tenant_id', 'email_account_id', 'field'])
        .doUpdateSet((eb) => ({ ...secret, updated_at: eb.fn('now') })),
    )
    .execute()
}

/** Undefined when none is stored; throws `sealed_secret_unreadable` when it does not open. */
export async function findCredential(
  db: Db,
  sealer: Sealer,
  binding: SecretBinding,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('mailbox_credentials')
    .select(['key_id', 'sealed'])
    .where('tenant_id', '=', binding.tenantId)
    .where('email_account_id', '=', binding.mailboxId)
    .where('field', '=', binding.field)
    .executeTakeFirst()
  return row && sealer.open(row.sealed, row.key_id, binding)
}
