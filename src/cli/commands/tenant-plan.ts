import type { Command } from 'commander'
import { touchMonth } from '../../analytics/billing-store.ts'
import { AppError } from '../../core/errors.ts'
import type { Trx } from '../../db/connect.ts'
import { insertAudit } from '../../tenants/audit-store.ts'
import { allowanceRange, definePlan, eventDaysRange, type PlanChange } from '../../tenants/plan.ts'
import { setPlan } from '../../tenants/plan-store.ts'
import type { Tenant } from '../../tenants/store.ts'
import { accountName } from '../account-name.ts'
import { liftNone, type NumberOrNone, numberOrNone, withOutput } from '../options.ts'
import { formatCount, type OutputOptions, print } from '../output.ts'
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
Events that are older than --event-days are deleted every night and do not come back: rookery maintenance prune --dry-run counts them.

Example:
  $ rookery tenant plan acme --emails 50000 --mailboxes 20 --contacts 10000`,
    )
    .action(plan)
}

async function plan(name: string, { json, ...options }: PlanOptions): Promise<void> {
  const change = readChange(options)
  const { tenant, keptDays } = await withDatabase(async ({ db, config }) => {
    const { id } = await resolveTenant(db, name)
    const all = config.retention.eventDays
    if (change.eventDays && change.eventDays > all)
      throw new AppError(
        'invalid_input',
        `--event-days ${change.eventDays}: the events of all tenants are deleted after ${all} days (ROOKERY_RETENTION_EVENT_DAYS). Give at most ${all}, or none.`,
      )
    if (hasChange(change)) await db.transaction().execute((trx) => changePlan(trx, id, change))
    return { tenant: await resolveTenant(db, name), keptDays: all }
  })
  print(show(tenant), json ? { json } : {}, (shown) =>
    [describe(shown, keptDays), ...describeEffects(change)].join('\n'),
  )
}

function readChange({ emails, mailboxes, contacts, eventDays }: PlanOptions): PlanChange {
  return definePlan({
    planEmails: liftNone(emails),
    planMailboxes: liftNone(mailboxes),
    planContacts: liftNone(contacts),
    eventDays: liftNone(eventDays),
  })
}

const hasChange = (change: PlanChange): boolean => Object.values(change).some((value) => value !== undefined)

async function changePlan(trx: Trx, tenantId: string, change: PlanChange): Promise<void> {
  for (const month of await setPlan(trx, tenantId, change)) await touchMonth(trx, tenantId, month)
  const entity = { tenantId, entityType: 'tenant', entityId: tenantId }
  await insertAudit(trx, { ...entity, actor: accountName(), action: 'tenant.plan_changed', details: change })
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

function describe(shown: ReturnType<typeof show>, keptDays: number): string {
  const { tenant, emails, mailboxes, contacts, eventDays } = shown
  const allowed = [
    emails === null ? 'any number of emails' : formatCount(emails, 'email'),
    mailboxes === null ? 'any number of mailboxes' : formatCount(mailboxes, 'mailbox', 'mailboxes'),
    contacts === null ? 'any number of contacts' : formatCount(contacts, 'contact'),
  ]
  return `${tenant} may use in a month: ${allowed.join(', ')}. ${describeKeeping(eventDays, keptDays)}`
}

/** The shorter of the two holds; `keptDays` may have been lowered since the plan was made. */
function describeKeeping(eventDays: number | null, keptDays: number): string {
  const asAll = `Its events are kept as long as all are, ${keptDays} days (ROOKERY_RETENTION_EVENT_DAYS)`
  if (eventDays === null) return `${asAll}.`
  return eventDays <= keptDays
    ? `Its events are kept for ${eventDays} days.`
    : `${asAll}: that is less than its plan's ${eventDays}.`
}

function describeEffects({ eventDays, ...allowed }: PlanChange): string[] {
  return [
    ...(hasChange(allowed)
      ? ['rookery billing usage shows it once the month is added up again, minutes after the next full hour.']
      : []),
    ...(eventDays
      ? [
          `Older ones are deleted for good, from the next night on. To see how many: rookery maintenance prune --dry-run`,
        ]
      : []),
  ]
}
