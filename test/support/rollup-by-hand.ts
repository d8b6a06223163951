import type { ActionOf } from './rollup-actions.ts'

/** An event as a test tells it. Its database is not asked. */
export interface Told {
  id: string
  type: ActionOf<'tell'>['type']
  machine: boolean
  tenantId: string
  campaignId: string | null
  stepId: string | null
  variant: number | null
  mailboxId: string
  emailId: string
  recordedAt: Date
  sentOn: string | null
}

/** By table, by key: what differs from 0 there. */
export type Figures = Record<
  'steps' | 'days' | 'campaigns',
  Record<string, Record<string, number | string | null>>
>

interface Counted extends Told {
  /** The day of sending that it is counted on, or late on. */
  day?: string
  late?: boolean
  /** Counted on the day of its writing. */
  written: boolean
  gone: boolean
}

const hourMs = 3_600_000
const answers = ['bounced', 'opened', 'clicked', 'replied', 'auto_replied', 'unsubscribed', 'complained']
const dayOf = (at: Date, aheadHours = 0) =>
  new Date(at.getTime() + aheadHours * hourMs).toISOString().slice(0, 10)

/**
 * The rules of the rollup in one loop each. An event is counted on its day of sending when a pass first knows that day, late if
 * the day is sealed by then; and on its day of writing when a pass first sees it, unless that is sealed. That is all.
 */
export function countByHand() {
  const events: Counted[] = []
  const seals: { tenantId: string | null; through: string }[] = []
  const isSealed = (tenantId: string, day: string) =>
    seals.some((seal) => (seal.tenantId ?? tenantId) === tenantId && day <= seal.through)

  const dayOfSending = (event: Counted): string | undefined => {
    if (event.sentOn) return event.sentOn
    const sent = events.find(
      ({ type, emailId, gone }) => type === 'sent' && emailId === event.emailId && !gone,
    )
    if (!answers.includes(event.type) || !sent?.sentOn) return undefined
    return sent.sentOn <= dayOf(event.recordedAt, 14) ? sent.sentOn : undefined
  }

  return {
    /** A pass sees these for the first time. */
    see(told: readonly Told[]): void {
      for (const event of told)
        events.push({ ...event, gone: false, written: !isSealed(event.tenantId, dayOf(event.recordedAt)) })
      for (const event of events) {
        if (event.day || event.gone) continue
        const day = dayOfSending(event)
        if (day) Object.assign(event, { day, late: isSealed(event.tenantId, day) })
      }
    },
    seal: (tenantId: string | null, through: string): void => {
      seals.push({ tenantId, through })
    },
    forget(which: (event: Told) => boolean): void {
      for (const event of events.filter(which)) event.gone = true
    },
    /** Its `sent` event has been dropped or deleted. */
    isSendingForgotten: (emailId: string): boolean =>
      events.some((event) => event.type === 'sent' && event.emailId === emailId && event.gone),
    read: (): Figures => figuresOf(events),
  }
}

function figuresOf(events: readonly Counted[]): Figures {
  const onDay = events.filter(({ day, late }) => day && !late)
  const steps = Map.groupBy(onDay, (event) =>
    keyOf(event.tenantId, event.campaignId, event.stepId, event.variant, event.mailboxId, event.day),
  )
  const campaigns = Map.groupBy(
    onDay.filter(({ campaignId }) => campaignId),
    (event) => keyOf(event.tenantId, event.campaignId, event.stepId, event.variant),
  )
  return {
    steps: Object.fromEntries([...steps].map(([key, of]) => [key, sentDayFigures(of)])),
    days: dayFigures(events),
    campaigns: Object.fromEntries([...campaigns].map(([key, of]) => [key, campaignFigures(of)])),
  }
}

export const keyOf = (...parts: readonly (string | number | null | undefined)[]): string =>
  parts.map((part) => part ?? '-').join(' ')

function dayFigures(events: readonly Counted[]): Figures['days'] {
  const days = new Map<string, Record<'sent' | 'late' | 'written', Counted[]>>()
  const note = (what: 'sent' | 'late' | 'written', event: Counted, day: string | undefined) => {
    const key = keyOf(event.tenantId, event.campaignId, event.mailboxId, day)
    const of = days.get(key) ?? { sent: [], late: [], written: [] }
    days.set(key, of)
    of[what].push(event)
  }
  for (const event of events) {
    if (event.day) note(event.late ? 'late' : 'sent', event, event.day)
    if (event.written) note('written', event, dayOf(event.recordedAt))
  }
  const rows = [...days].map(([key, { sent, late, written }]) => {
    const figures = { ...sentDayFigures(sent), ...ratesOf(sentDayFigures(sent)), ...writtenFigures(written) }
    return [key, { ...figures, late_events: late.length }] as const
  })
  return Object.fromEntries(rows.filter(([, row]) => Object.values(row).some((figure) => figure !== 0)))
}

function sentDayFigures(events: readonly Counted[]) {
  const many = (type: string, machine = false) =>
    events.filter((event) => event.type === type && event.machine === machine)
  const emails = (type: string) => new Set(many(type).map(({ emailId }) => emailId))
  const [sent, bounced] = [emails('sent'), emails('bounced')]
  return {
    emails_sent: sent.size,
    emails_delivered: sent.difference(bounced).size,
    emails_opened: emails('opened').size,
    emails_clicked: emails('clicked').size,
    emails_replied: emails('replied').size,
    emails_bounced: bounced.size,
    emails_unsubscribed: emails('unsubscribed').size,
    emails_complained: emails('complained').size,
    total_opens: many('opened').length,
    total_clicks: many('clicked').length,
    total_replies: many('replied').length,
    auto_replies: many('auto_replied').length,
    machine_opens: many('opened', true).length,
    machine_clicks: many('clicked', true).length,
  }
}

function ratesOf(row: ReturnType<typeof sentDayFigures>) {
  const rate = (part: number) => (row.emails_sent > 0 ? (100 * part) / row.emails_sent : 0)
  return {
    open_rate: rate(row.emails_opened),
    click_rate: rate(row.emails_clicked),
    reply_rate: rate(row.emails_replied),
    bounce_rate: rate(row.emails_bounced),
  }
}

function writtenFigures(events: readonly Counted[]) {
  const many = (type: string) => events.filter((event) => event.type === type && !event.machine).length
  return {
    happened_sent: many('sent'),
    happened_deferred: many('deferred'),
    happened_failed: many('failed'),
    happened_bounced: many('bounced'),
    happened_opens: many('opened'),
    happened_clicks: many('clicked'),
    happened_replies: many('replied'),
    happened_unsubscribed: many('unsubscribed'),
    happened_complained: many('complained'),
  }
}

// Days are added up: an email is of one day, since only a day has it as sent.
function campaignFigures(events: readonly Counted[]) {
  const days = Map.groupBy(events, ({ mailboxId, day }) => keyOf(mailboxId, day))
  const rows = [...days.values()].map(sentDayFigures)
  const sum = (name: keyof (typeof rows)[number]) => rows.reduce((total, row) => total + row[name], 0)
  const ordered = events.flatMap(({ day }) => day ?? []).sort()
  return {
    sent: sum('emails_sent'),
    delivered: sum('emails_delivered'),
    opened_tracked: sum('emails_opened'),
    clicked_tracked: sum('emails_clicked'),
    replied: sum('emails_replied'),
    bounced: sum('emails_bounced'),
    unsubscribed: sum('emails_unsubscribed'),
    complained: sum('emails_complained'),
    first_sent_on: ordered.at(0) ?? null,
    last_sent_on: ordered.at(-1) ?? null,
  }
}
