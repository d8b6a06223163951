import type { Command } from 'commander'
import { z } from 'zod'
import { AppError } from '../../core/errors.ts'
import { countRange } from '../../core/range.ts'
import { listNotifications, setNotificationResolvedById } from '../../guardrails/notification-store.ts'
import { accountName } from '../account-name.ts'
import { type TenantOptions, wholeNumber, withOutput } from '../options.ts'
import { print, printTable } from '../output.ts'
import { resolveTenant, withDatabase } from '../session.ts'

export function addNotificationCommands(program: Command): void {
  const group = program
    .command('notifications')
    .description('What operators were told, such as pauses by guardrails.')
  withOutput(group.command('list'))
    .description('List notifications that nobody has resolved, newest first.')
    .option('--tenant <name>', 'only of this tenant')
    .option('--all', 'also those that were resolved')
    .option('--limit <n>', 'at most so many', wholeNumber(countRange), 50)
    .action(list)
  withOutput(group.command('resolve').argument('<id>'))
    .description('Say that a notification was dealt with; a pause it tells of stays.')
    .option('--tenant <name>', 'only of this tenant')
    .action(resolve)
}

async function list(options: TenantOptions & { all?: boolean; limit: number }): Promise<void> {
  const { all = false, limit } = options
  const found = await withDatabase(async ({ db }) => {
    const tenant = options.tenant === undefined ? null : await resolveTenant(db, options.tenant)
    return listNotifications(db, tenant?.id ?? null, { resolved: all, limit })
  })
  printTable(
    found,
    options,
    {
      id: (row) => row.id,
      severity: (row) => row.severity,
      tenant: (row) => row.tenant,
      raised: (row) => row.raisedAt,
      'last seen': (row) => row.lastSeenAt,
      ...(all ? { resolved: (row) => row.resolvedAt, by: (row) => row.resolvedBy } : {}),
      what: (row) => row.title,
      because: (row) => row.message,
    },
    'There is no open notification.',
  )
}

async function resolve(id: string, options: TenantOptions): Promise<void> {
  if (!z.guid().safeParse(id).success)
    throw new AppError('invalid_input', `"${id}" is no id of a notification. See: rookery notifications list`)
  await withDatabase(async ({ db }) => {
    const tenant = options.tenant === undefined ? null : await resolveTenant(db, options.tenant)
    if (!(await setNotificationResolvedById(db, tenant?.id ?? null, id, accountName())))
      throw new AppError('not_found', `There is no open notification ${id}. See: rookery notifications list`)
  })
  print({ id, resolved: true }, options, () => 'Resolved.')
}
