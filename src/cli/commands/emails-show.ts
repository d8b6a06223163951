import type { Command } from 'commander'
import { z } from 'zod'
import { AppError } from '../../core/errors.ts'
import { explain } from '../../jobs/why/explain.ts'
import { listTimeline, type TimelineEntry } from '../../sending/email-list-store.ts'
import type { Explanation } from '../../why/facts.ts'
import { type TenantOptions, withOutput, withTenant } from '../options.ts'
import { print } from '../output.ts'
import { resolveTenant, withDatabase } from '../session.ts'
import { renderTable } from '../table.ts'
import { describeExplanation } from '../why-text.ts'

export function addEmailShowCommand(group: Command): void {
  withTenant(withOutput(group.command('show').argument('<id>')))
    .description('Show one email: what it waits for or what ended it, and all that has happened to it.')
    .action(show)
}

async function show(id: string, options: TenantOptions): Promise<void> {
  if (!z.guid().safeParse(id).success)
    throw new AppError('invalid_input', `"${id}" is no id of an email. See: rookery emails list`)
  const found = await withDatabase(async ({ db }) => {
    const { id: tenantId, name: tenant } = await resolveTenant(db, options.tenant)
    const why = await explain(db, { type: 'email', tenantId, tenant, id, name: id })
    if (!why) throw new AppError('not_found', `There is no email ${id}. See: rookery emails list`)
    return { ...why, timeline: await listTimeline(db, tenantId, id) }
  })
  print(found, options, describe)
}

function describe(found: Explanation & { timeline: readonly TimelineEntry[] }): string {
  const table = renderTable(found.timeline, {
    at: ({ at }) => at.toISOString().slice(0, 19).replace('T', ' '),
    what: ({ what }) => what,
    attempt: ({ attempt }) => attempt,
    details: ({ details }) => describeDetails(details),
  })
  return `${describeExplanation(found)}\n\n${table}`
}

const describeDetails = (details: Record<string, unknown>): string =>
  Object.entries(details)
    .filter(([, value]) => value !== null && value !== '')
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
