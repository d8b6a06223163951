import { Argument, type Command, Option } from 'commander'
import { AppError } from '../../core/errors.ts'
import { choosePool, endWarmup, enrolInWarmup, pauseWarmup, resumeWarmup } from '../../jobs/warmup/change.ts'
import {
  findDayOfPlan,
  findWarmupPool,
  listPlannedMessages,
  listStandings,
} from '../../warmup/account-store.ts'
import { languages } from '../../warmup/content.ts'
import { defineEnrolment, enrolmentRanges } from '../../warmup/enrolment.ts'
import { accountName } from '../account-name.ts'
import { decimal, type TenantOptions, wholeNumber, withOutput, withTenant } from '../options.ts'
import { formatCount, print, printTable } from '../output.ts'
import { resolveMailbox, resolveTenant, withDatabase } from '../session.ts'
import { renderTable } from '../table.ts'
import { standingOutput } from '../warmup-standing.ts'
import { addWarmupReportCommand } from './warmup-report.ts'

const pools = ['none', 'closed', 'shared'] as const

const enrolHelp = `
The ramp is the most that the mailbox sends on a day, campaigns and warmup together, until it has come to its ceiling.

Examples:
  $ rookery warmup enrol robin@acme.example
  $ rookery warmup enrol robin@acme.example --start 5 --step 3 --ceiling 60 --language de`

export function addWarmupCommands(program: Command): void {
  const group = program
    .command('warmup')
    .description('New mailboxes write to one another until their reputation carries a campaign.')
  withTenant(withOutput(group.command('pool')))
    .addArgument(new Argument('<pool>', 'with whom its mailboxes warm up').choices(pools))
    .description(
      "Choose a tenant's pool: shared with other tenants that chose so too, closed to its own mailboxes, or none.",
    )
    .action(setPool)
  withTenant(withOutput(group.command('enrol').alias('enroll').argument('<mailbox>')))
    .description('Begin the warmup of a mailbox today.')
    .option('--start <n>', 'emails on the first day', wholeNumber(enrolmentRanges.start))
    .option('--step <n>', 'more on each day', wholeNumber(enrolmentRanges.step))
    .option('--ceiling <n>', 'most on a day', wholeNumber(enrolmentRanges.ceiling))
    .option('--every-day', 'Saturdays and Sundays are days like others')
    .option(
      '--jitter <share>',
      'by which a day may lie beside the curve, up to 0.5',
      decimal(enrolmentRanges.jitter),
    )
    .option(
      '--reply-share <share>',
      'of the messages it gets that it answers',
      decimal(enrolmentRanges.replyShare),
    )
    .addOption(new Option('--language <code>', 'of what it writes').choices(languages))
    .option('--folder <name>', 'where it puts warmup messages away')
    .addHelpText('after', enrolHelp)
    .action(enrol)
  withTenant(withOutput(group.command('pause').argument('<mailbox>')))
    .description(
      'Write and answer nothing more for now; what waits to go is skipped. Its ramp stays where it is.',
    )
    .option('--reason <text>', 'why', 'by hand')
    .action(pause)
  withTenant(withOutput(group.command('resume').argument('<mailbox>')))
    .description('Go on where the ramp stood; also out of quarantine.')
    .action(resume)
  withTenant(withOutput(group.command('end').argument('<mailbox>')))
    .description('Take no part any more: its own limits hold alone.')
    .action(end)
  withTenant(withOutput(group.command('status').argument('[mailbox]')))
    .description(
      'Where each mailbox stands: its ramp, its health, what it sent today, what its last round said.',
    )
    .action(status)
  withTenant(withOutput(group.command('plan').argument('<mailbox>')))
    .description('Whom it writes to on a day, when, and why that is less than it should be.')
    .option('--date <day>', 'YYYY-MM-DD in its zone; today if left out')
    .action(plan)
  addWarmupReportCommand(group)
}

async function setPool(pool: (typeof pools)[number], options: TenantOptions): Promise<void> {
  const { tenant, skipped } = await withDatabase(async ({ db }) => {
    const chosen = await resolveTenant(db, options.tenant)
    return { tenant: chosen, skipped: await choosePool(db, chosen.id, pool, accountName()) }
  })
  const words = {
    none: 'take no part in warmup',
    closed: 'write to one another only',
    shared: 'write to those of other tenants in the shared pool, and are written to',
  }
  const left = skipped === 0 ? '' : ` ${formatCount(skipped, 'email')} of the pool they left will not go out.`
  print(
    { tenant: tenant.name, pool, skipped },
    options,
    () => `The mailboxes of "${tenant.name}" ${words[pool]}.${left}`,
  )
}

interface EnrolOptions extends TenantOptions {
  start?: number
  step?: number
  ceiling?: number
  everyDay?: boolean
  jitter?: number
  replyShare?: number
  language?: string
  folder?: string
}

async function enrol(address: string, options: EnrolOptions): Promise<void> {
  const { start, step, ceiling, everyDay, jitter, replyShare, language, folder } = options
  const weekdaysOnly = everyDay ? false : undefined
  const enrolment = defineEnrolment({
    start,
    step,
    ceiling,
    weekdaysOnly,
    jitter,
    replyShare,
    language,
    folder,
  })
  await withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    const mailbox = await resolveMailbox(db, tenant.id, address)
    if ((await findWarmupPool(db, tenant.id)) === 'none')
      throw new AppError(
        'invalid_input',
        `"${tenant.name}" has not chosen with whom its mailboxes warm up.`,
        {
          details: [
            `rookery warmup pool shared --tenant ${tenant.name}   (with mailboxes of other tenants that chose so too)`,
            `rookery warmup pool closed --tenant ${tenant.name}   (only among its own, for many domains)`,
          ],
        },
      )
    if (!mailbox.imap_host)
      throw new AppError(
        'invalid_input',
        `${mailbox.email_address} has no IMAP server: what it receives could neither be read nor answered. Give it one: rookery mailbox set ${mailbox.email_address} --imap-host HOST`,
      )
    await enrolInWarmup(db, { tenantId: tenant.id, mailboxId: mailbox.id, actor: accountName() }, enrolment)
  })
  print({ mailbox: address, ...enrolment }, options, () => {
    const { start: first, step: more, ceiling: most } = enrolment
    return `${address} warms up from today: ${first} emails a day, ${more} more each ${enrolment.weekdaysOnly ? 'weekday' : 'day'}, up to ${most}.`
  })
}

/** Opens the database, finds the mailbox, and changes it in the name of the account. */
async function change<T>(
  address: string,
  options: TenantOptions,
  work: (db: Parameters<typeof pauseWarmup>[0], place: Parameters<typeof pauseWarmup>[1]) => Promise<T>,
): Promise<T> {
  return withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    const mailbox = await resolveMailbox(db, tenant.id, address)
    return work(db, { tenantId: tenant.id, mailboxId: mailbox.id, actor: accountName() })
  })
}

async function pause(address: string, options: TenantOptions & { reason: string }): Promise<void> {
  const skipped = await change(address, options, (db, place) => pauseWarmup(db, place, options.reason))
  print(
    { mailbox: address, skipped },
    options,
    () => `Paused. ${formatCount(skipped, 'email')} will not go out.`,
  )
}

async function resume(address: string, options: TenantOptions): Promise<void> {
  await change(address, options, resumeWarmup)
  print({ mailbox: address }, options, () => 'Resumed: its next day is planned within a minute.')
}

async function end(address: string, options: TenantOptions): Promise<void> {
  const skipped = await change(address, options, endWarmup)
  print(
    { mailbox: address, skipped },
    options,
    () => `Ended. ${formatCount(skipped, 'email')} will not go out.`,
  )
}

async function status(address: string | undefined, options: TenantOptions): Promise<void> {
  const rows = await withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    const mailbox = address === undefined ? null : await resolveMailbox(db, tenant.id, address)
    return listStandings(db, tenant.id, mailbox?.id ?? null)
  })
  printTable(
    rows.map(standingOutput),
    options,
    {
      mailbox: (row) => row.mailbox,
      warmup: (row) => row.status,
      health: (row) => row.health,
      day: (row) => row.day,
      'may send': (row) => row.cap,
      warmed: (row) => row.warmupSent,
      campaigns: (row) => row.campaignSent,
      'last round': (row) => row.lastRoundAt,
      note: (row) => row.note,
    },
    address === undefined
      ? 'No mailbox takes part in warmup. Begin: rookery warmup enrol MAILBOX'
      : `${address} has never taken part in warmup. Begin: rookery warmup enrol ${address}`,
  )
}

async function plan(address: string, options: TenantOptions & { date?: string }): Promise<void> {
  if (options.date !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(options.date))
    throw new AppError('invalid_input', `"${options.date}" is no day such as 2027-01-31.`)
  const found = await withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    const { id } = await resolveMailbox(db, tenant.id, address)
    const place = { tenantId: tenant.id, mailboxId: id }
    const [standing] = await listStandings(db, tenant.id, id)
    if (!standing)
      throw new AppError(
        'not_found',
        `${address} takes no part in warmup. Begin: rookery warmup enrol ${address}`,
      )
    const date = options.date ?? standing.date
    const [day, messages] = [await findDayOfPlan(db, place, date), await listPlannedMessages(db, place, date)]
    return { mailbox: address, date, plan: day ?? null, messages }
  })
  print(found, options, ({ date, plan: day, messages }) => {
    const head = day
      ? `${date}: ${day.planned} of ${day.wanted} new conversations.${day.note ? ` ${day.note}.` : ''}`
      : `${date} is not planned. Days are planned when they begin, in the mailbox's zone, while a scheduler works.`
    const table = renderTable(messages, {
      at: (row) => row.dueAt,
      to: (row) => row.to,
      subject: (row) => row.subject,
      message: (row) => row.depth,
      state: (row) => row.status,
    })
    if (messages.length > 0) return `${head}\n\n${table}`
    return day && day.planned > 0
      ? `${head}\n\nThey are deleted by now: old conversations are not kept.`
      : head
  })
}
