import { emailStatuses } from '../sending/status-store.ts'
import { barLegend, drawBar } from './campaign-figures.ts'
import { describeSpan } from './duration.ts'
import { type FleetStatus, shownUnknown } from './fleet-status.ts'
import { renderTable } from './table.ts'

/** One screen for people; what is quiet takes one line. `width`: of the terminal, which long reasons are cut to. */
export function describeStatus(status: FleetStatus, width?: number): string {
  const parts = [
    [describeDatabase(status), describeScheduler(status), describeLedger(status)].join('\n'),
    describeCampaigns(status, width),
    describeQueues(status),
    describeBlocks(status, width),
    describeNotifications(status, width),
    describeUnknown(status, width),
    status.unanswered.length > 0
      ? `The database did not answer in time about: ${status.unanswered.join(', ')}.`
      : '',
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function describeDatabase({ database }: FleetStatus): string {
  const { host, name, schema, migration } = database
  return `Database   reachable: ${host}/${name}, schema "${schema}" at ${migration}`
}

function describeScheduler({ scheduler, unanswered }: FleetStatus): string {
  if (unanswered.includes('scheduler')) return 'Scheduler  ?'
  if (!scheduler)
    return 'Scheduler  WARNING: none has ever worked here; nothing is planned or sent. Run: rookery start'
  const ago = describeSpan(scheduler.secondsAgo)
  return scheduler.working
    ? `Scheduler  works: last seen ${ago} ago (${scheduler.worker})`
    : `Scheduler  WARNING: none has worked for ${ago}; nothing is planned or sent. Run: rookery start`
}

function describeLedger({ ledger }: FleetStatus): string {
  if (!ledger) return 'Emails     ?'
  const counts = emailStatuses.filter((status) => ledger.counts[status] > 0)
  if (counts.length === 0) return 'Emails     none yet'
  const words = counts.map((status) => `${ledger.counts[status].toLocaleString('en')} ${status}`)
  return `Emails     ${words.join(', ')}; ${describeDue(ledger)}`
}

function describeDue({ dueNow, oldestDue, nextDue }: NonNullable<FleetStatus['ledger']>): string {
  const sinceOrUntil = (date: Date) => describeSpan(Math.abs(Date.now() - date.getTime()) / 1000)
  if (oldestDue) return `${dueNow.toLocaleString('en')} due now, the oldest for ${sinceOrUntil(oldestDue)}`
  return nextDue ? `none due now, the next in ${sinceOrUntil(nextDue)}` : 'none due'
}

function describeCampaigns({ campaigns }: FleetStatus, width?: number): string {
  if (campaigns.length === 0) return 'No campaign is under way.'
  const table = renderTable(
    campaigns,
    {
      campaign: (row) => row.campaign,
      tenant: (row) => row.tenant,
      status: (row) => (row.statusReason ? `${row.status}: ${row.statusReason}` : row.status),
      planned: (row) => row.planned,
      sent: (row) => row.sent,
      failed: (row) => row.failed,
      skipped: (row) => row.skipped,
      unknown: (row) => row.unknown,
      '': (row) => drawBar(row.sent, row.failed + row.skipped + row.unknown, row.planned, 20),
    },
    { width, clipped: 'status' },
  )
  return `${table}\n${barLegend}`
}

function describeQueues({ queues }: FleetStatus): string {
  const busy = queues.filter(({ waiting, running, failed }) => waiting + running + failed > 0)
  if (queues.length === 0) return ''
  if (busy.length === 0) return `All ${queues.length} queues are empty.`
  return renderTable(busy, {
    queue: (row) => row.queue,
    waiting: (row) => row.waiting,
    running: (row) => row.running,
    retried: (row) => row.retried,
    failed: (row) => row.failed,
    'waiting for': (row) => (row.waiting > 0 ? describeSpan(row.averageAgeSeconds) : null),
  })
}

function describeBlocks({ blockedLanes, pausedMailboxes }: FleetStatus, width?: number): string {
  const rows = [
    ...pausedMailboxes.map(({ mailbox, reason, until, waiting }) => {
      return { what: `mailbox ${mailbox} is paused`, waiting, until, because: reason ?? 'by hand' }
    }),
    ...blockedLanes
      .filter(({ code }) => code !== 'mailbox_paused')
      .map(({ mailbox, lane, reason, until, waiting }) => {
        return { what: `lane ${lane} of ${mailbox} waits`, waiting, until, because: reason }
      }),
  ]
  if (rows.length === 0) return 'No mailbox is paused, no lane is blocked.'
  return renderTable(
    rows,
    {
      blocked: (row) => row.what,
      emails: (row) => row.waiting,
      until: (row) => row.until ?? 'somebody acts',
      because: (row) => row.because,
    },
    { width, clipped: 'because' },
  )
}

function describeNotifications({ notifications }: FleetStatus, width?: number): string {
  if (notifications.length === 0) return ''
  return renderTable(
    notifications,
    {
      notification: (row) => row.title,
      severity: (row) => row.severity,
      since: (row) => row.raisedAt,
      because: (row) => row.message,
    },
    { width, clipped: 'because' },
  )
}

function describeUnknown({ unknown: { count, emails } }: FleetStatus, width?: number): string {
  if (count === 0) return ''
  const more = count > emails.length ? `\nand ${(count - emails.length).toLocaleString('en')} more.` : ''
  const head =
    `${count.toLocaleString('en')} unknown: the server may have taken them or not. They are looked for in their mailboxes; ` +
    'for what is parked: rookery emails resolve.'
  const first = count > shownUnknown ? ` The first ${shownUnknown}:` : ''
  const table = renderTable(
    emails,
    {
      email: (row) => row.id,
      recipient: (row) => row.recipient,
      mailbox: (row) => row.mailbox,
      since: (row) => row.since,
      'next look': (row) => row.nextLookAt ?? (row.parkedCode ? 'parked' : 'soon'),
      because: (row) => row.parkedReason ?? row.reason,
    },
    { width, clipped: 'because' },
  )
  return `${head}${first}\n${table}${more}`
}
