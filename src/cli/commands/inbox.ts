import type { Command } from 'commander'
import { countRange } from '../../core/range.ts'
import { type ListedMessage, listMessages } from '../../inbox/list-store.ts'
import { type TenantOptions, wholeNumber, withOutput, withTenant } from '../options.ts'
import { printTable } from '../output.ts'
import { resolveTenant, withDatabase } from '../session.ts'
import { syncNow } from './inbox-sync.ts'

export function addInboxCommands(program: Command): void {
  const group = program.command('inbox').description('What comes back to the mailboxes.')
  withTenant(withOutput(group.command('sync').argument('<mailbox>')))
    .description('Read a mailbox now, and say what was there.')
    .action(syncNow)
  withTenant(withOutput(group.command('list')))
    .description('List received messages, newest first.')
    .option('--unmatched', 'only those that answer nothing, wait, or cannot be read')
    .option('--limit <n>', 'how many', wholeNumber(countRange), 50)
    .action(list)
  const replies = program.command('replies').description('What people answered.')
  withTenant(withOutput(replies.command('list')))
    .description('List replies and requests to unsubscribe, newest first.')
    .option('--limit <n>', 'how many', wholeNumber(countRange), 50)
    .action(listReplies)
}

async function list(options: TenantOptions & { unmatched?: boolean; limit: number }): Promise<void> {
  const rows = await load(options, { open: options.unmatched === true, limit: options.limit })
  const empty = options.unmatched ? 'Nothing is left unmatched.' : 'No message has come back yet.'
  printTable(
    rows,
    options,
    {
      received: (row) => row.receivedAt,
      mailbox: (row) => row.mailbox,
      type: (row) => row.type,
      status: (row) => row.status,
      from: (row) => row.from,
      subject: (row) => clip(row.subject),
      why: (row) => clip(row.reason ?? row.evidence),
    },
    empty,
  )
}

async function listReplies(options: TenantOptions & { limit: number }): Promise<void> {
  const rows = await load(options, { types: ['reply', 'unsubscribe'], limit: options.limit })
  printTable(
    rows,
    options,
    {
      received: (row) => row.receivedAt,
      from: (row) => row.from,
      to: (row) => row.mailbox,
      campaign: (row) => row.campaign,
      type: (row) => row.type,
      says: (row) => clip(row.excerpt),
    },
    'Nobody has replied yet.',
  )
}

async function load(options: TenantOptions, filter: Parameters<typeof listMessages>[2]) {
  return withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    return (await listMessages(db, tenant.id, filter)).map(toRow)
  })
}

function toRow(message: ListedMessage) {
  const facts = message.facts as { evidence?: string; excerpt?: string }
  return {
    id: message.id,
    receivedAt: message.internal_date,
    mailbox: message.mailbox,
    type: message.message_type,
    status: message.status,
    from: message.from_email,
    subject: message.subject,
    campaign: message.campaign,
    matchedBy: message.matched_by,
    reason: message.reason,
    evidence: facts.evidence ?? null,
    excerpt: facts.excerpt ?? null,
  }
}

const widest = 60

function clip(text: string | null): string | null {
  const line = text?.replace(/\s+/g, ' ').trim() ?? null
  return line !== null && line.length > widest ? `${line.slice(0, widest - 1)}…` : line
}
