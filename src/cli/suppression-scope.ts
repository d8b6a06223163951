import { type Command, Option } from 'commander'
import type { Db } from '../db/connect.ts'
import { type TenantOptions, withOutput, withTenant } from './options.ts'
import { resolveTenant } from './session.ts'

export interface ScopeOptions extends TenantOptions {
  everyTenant?: boolean
}

export function withScope(command: Command): Command {
  const everyTenant = new Option('--every-tenant', 'of all tenants, now and later').conflicts('tenant')
  return withTenant(withOutput(command)).addOption(everyTenant)
}

/** The tenant that an entry is for; null: for every tenant. */
export async function resolveScope(db: Db, options: ScopeOptions): Promise<string | null> {
  return options.everyTenant ? null : (await resolveTenant(db, options.tenant)).id
}
