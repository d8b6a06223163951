import { type Command, Option } from 'commander'
import { countRange } from '../../core/range.ts'
import { listEmails } from '../../sending/email-list-store.ts'
import { emailStatuses } from '../../sending/status-store.ts'
import { type TenantOptions, wholeNumber, withOutput, withTenant } from '../options.ts'
import { printTable } from '../output.ts'
import { resolveCampaign, resolveMailbox, resolveTenant, withDatabase } from '../session.ts'

interface ListOptions extends TenantOptions {
  status?: (typeof emailStatuses)[number]
  campaign?: string
  mailbox?: string
  reason?: string
  limit: number
}

export function addEmailListCommand(group: Command): void {
  withTenant(withOutput(group.command('list')))
    .description('List single emails, the last changed first.')
    .addOption(new Option('--status <status>', 'only in this state').choices(emailStatuses))
    .option('--campaign <name>', 'only of this campaign')
    .option('--mailbox <address>', 'only from this mailbox')
    .option('--reason <code>', 'only for this reason, such as greylisted')
    .option('--limit <n>', 'at most so many', wholeNumber(countRange), 50)
    .action(list)
}

async function list(options: ListOptions): Promise<void> {
  const { status, campaign, mailbox, reason: code, limit } = options
  const emails = await withDatabase(async ({ db }) => {
    const { id: tenantId } = await resolveTenant(db, options.tenant)
    const campaignId = campaign === undefined ? undefined : (await resolveCampaign(db, tenantId, campaign)).id
    const mailboxId = mailbox === undefined ? undefined : (await resolveMailbox(db, tenantId, mailbox)).id
    return listEmails(db, { tenantId, status, campaignId, mailboxId, code, limit })
  })
  printTable(
    emails,
    options,
    {
      id: (row) => row.id,
      status: (row) => row.status,
      recipient: (row) => row.recipient,
      mailbox: (row) => row.mailbox,
      campaign: (row) => row.campaign,
      step: (row) => row.step,
      attempt: (row) => row.attempt,
      'due or sent': (row) => row.sentAt ?? row.dueAt,
      code: (row) => row.code,
      because: (row) => row.reply ?? row.reason,
    },
    'There is no such email.',
  )
}
