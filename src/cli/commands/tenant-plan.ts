import type { Command } from 'commander'
import { touchMonth } from '../../analytics/billing-store.ts'
import { insertAudit } from '../../tenants/audit-store.ts'
import { allowanceRange, definePlan, eventDaysRange } from '../../tenants/plan.ts'
import { setPlan } from '../../tenants/plan-store.ts'
import type { Tenant } from '../../tenants/store.ts'
import { accountName } from '../account-name.ts'
import { liftNone, type NumberOrNone, numberOrNone, withOutput } from '../options.ts'
import { type OutputOptions, print } from '../output.ts'
import { resolveTenant, withDatabase } from '../session.ts'

interface PlanOptions extends OutputOptions {
  emails?: NumberOrNone
  mailboxes?: NumberOrNone
  contacts?: NumberOrNone
  eventDays?: NumberOrNone
}

const allowance = numberOrNone(allowanceRange)

export function addTenantPlanCommand(group: Command): void {
  withOutput(group.command('plan').argument('<name>'))
    .description("Show or change what a tenant's plan allows in a month, and how long its events are kept.")
    .option('--emails <n>', 'emails a month; none: any number', allowance)
    .option('--mailboxes <n>', 'mailboxes that send in a month; none: any number', allowance)
    .option('--contacts <n>', 'contacts reached in a month; none: any number', allowance)
    .option(
      '--event-days <n>',
      'days after which its events are deleted, if sooner than all are; none: with all',
      numberOrNone(eventDaysRange),
    )
    .addHelpText(
      'after',
      `
What a plan allows is reported against (rookery billing usage), not enforced: see rookery tenant set for limits that hold.

Example:
  $ rookery tenant plan acme --emails 50000 --mailboxes 20 --contacts 10000`,
    )
    .action(plan)
}

async function plan(name: string, { json, ...options }: PlanOptions): Promise<void> {
  const { emails, mailboxes, contacts, eventDays } = options
  const change = definePlan({
    planEmails: liftNone(emails),
    planMailboxes: liftNone(mailboxes),
    planContacts: liftNone(contacts),
    eventDays: liftNone(eventDays),
  })
  const changes = Object.values(change).some((value) => value !== undefined)
  const tenant = await withDatabase(async ({ db }) => {
    const { id } = await resolveTenant(db, name)
    if (changes)
      await db.transaction().execute(async (trx) => {
        await touchMonth(trx, id, await setPlan(trx, id, change))
        const entity = { tenantId: id, entityType: 'tenant', entityId: id }
        await insertAudit(trx, {
          ...entity,
          actor: accountName(),
          action: 'tenant.plan_changed',
          details: change,
        })
      })
    return resolveTenant(db, name)
  })
  print(show(tenant), json ? { json } : {}, describe)
}

function show(row: Tenant) {
  return {
    tenant: row.name,
    emails: row.plan_emails,
    mailboxes: row.plan_mailboxes,
    contacts: row.plan_contacts,
    eventDays: row.event_days,
  }
}

function describe({ tenant, emails, mailboxes, contacts, eventDays }: ReturnType<typeof show>): string {
  const upTo = (count: number | null, noun: string) =>
    count === null ? `any number of ${noun}` : `${count.toLocaleString('en')} ${noun}`
  const allowed = [upTo(emails, 'emails'), upTo(mailboxes, 'mailboxes'), upTo(contacts, 'contacts')].join(
    ', ',
  )
  const kept = eventDays === null ? 'as long as all are' : `for ${eventDays} days`
  return `${tenant} may use in a month: ${allowed}. Its events are kept ${kept}.`
}
