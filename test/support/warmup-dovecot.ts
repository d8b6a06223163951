import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { civilDate } from '../../src/core/civil-time.ts'
import { createFolder } from '../../src/imap/change-folder.ts'
import { planWarmupDays } from '../../src/jobs/warmup/plan-day.ts'
import { cutConnections } from '../../src/lab/imap-cuts.ts'
import { type ImapFront, startImapFront } from '../../src/lab/imap-faults.ts'
import { startSmtpProvider } from '../../src/lab/smtp-provider.ts'
import {
  callRounds,
  hurryEmails,
  hurryRounds,
  passDay,
  readPlans,
  readScene,
} from '../../src/lab/warmup-days-store.ts'
import { createWarmupPost } from '../../src/lab/warmup-post.ts'
import { judgeWarmup, type PlannedDay, type WarmupCheck } from '../../src/lab/warmup-verdict.ts'
import { type HeldMessage, readHeld } from '../../src/lab/warmup-witness.ts'
import type { TestDatabase } from './database.ts'
import type { startDovecot } from './dovecot.ts'
import { eventually } from './eventually.ts'
import { insertTenant, type Mailbox } from './factories.ts'
import { startFleet } from './fleet.ts'
import { imapSession } from './imap.ts'
import { keepJournal } from './imap-journal.ts'
import { insertImapMailbox, testWarmupKey } from './inbox.ts'
import { insertWarmupAccount, openWarmup } from './warmup.ts'
import { deliverToMaildir } from './warmup-maildir.ts'

/** In modified UTF-7 (RFC 3501 section 5.1.3): Courrier indésirable. */
const frenchJunk = 'Courrier ind&AOk-sirable'
export const dovecotFolders = [
  { name: 'Junk', use: '\\Junk', auto: false },
  { name: 'Courrier indésirable', use: '\\Junk', auto: false },
  { name: 'Sent', use: '\\Sent', auto: true },
]

/** Two domains have mailboxes of two tenants; one mailbox calls its Junk in French, and one has none. */
const cast = [
  { address: 'ada@garden.test', tenant: 'north', junk: 'Junk' },
  { address: 'bea@north-mail.test', tenant: 'north', junk: frenchJunk },
  { address: 'cai@garden.test', tenant: 'east', junk: 'Junk' },
  { address: 'dana@east-mail.test', tenant: 'east', junk: undefined },
  { address: 'eli@harbour.test', tenant: 'south', junk: 'Junk' },
  { address: 'fay@south-mail.test', tenant: 'south', junk: 'Junk' },
  { address: 'gus@harbour.test', tenant: 'west', junk: 'Junk' },
  { address: 'hope@west-mail.test', tenant: 'west', junk: 'Junk' },
] as const

const ramp = { start: 1, step: 1, ceiling: 5, jitter: 0.15 }
const restDays = 2
const junkShare = 0.3
const cutEvery = 7
const spam = Buffer.from('Subject: You have won\r\nMessage-ID: <spam@elsewhere.test>\r\n\r\nClick.\r\n')

interface Seat {
  address: string
  junk: string | undefined
  front: ImapFront
  journal: ReturnType<typeof keepJournal>
  mailbox: Mailbox
}

/** Eight mailboxes on a real server warm up over some days; rounds are repeated, cut off and killed. Returns what is to be said of it. */
export async function playOnDovecot(
  database: TestDatabase,
  server: Awaited<ReturnType<typeof startDovecot>>,
  days: number,
): Promise<{ checks: WarmupCheck[]; kills: number }> {
  const post = createWarmupPost({
    junkShareOf: (address) => (cast.find((one) => one.address === address)?.junk ? junkShare : 0),
    holds: (address) => cast.some((one) => one.address === address),
    deliver(address, message, folder) {
      const junk = cast.find((one) => one.address === address)?.junk ?? ''
      deliverToMaildir(path.join(server.maildirs, address), folder === 'Junk' ? junk : folder, message)
    },
  })
  const provider = await startSmtpProvider({ onAccepted: post.onAccepted })
  // Before anybody takes part: the days are planned here.
  const fleet = await startFleet(database)
  const seats = await seatAll(database, server, provider.port)
  const countCuts = cutConnections(
    seats.map(({ front }) => front),
    cutEvery,
  )
  try {
    const { plans, kills } = await liveDays(database, seats, days, post.setDay)
    const held = await Promise.all(seats.map((seat) => readAll(server, seat)))
    const changes = seats.flatMap((seat, at) => {
      const lies = new Map((held[at] ?? []).map(({ place, messageId }) => [place, messageId]))
      return seat.journal.changes().map(({ place, what }) => ({
        mailbox: seat.address,
        messageId: lies.get(place) ?? place,
        what: what.replace(seat.junk ?? 'Junk', 'Junk'),
      }))
    })
    const scenario = { mailboxes: cast, ramp, days, restDays, folder: 'Warmup', plans }
    return {
      checks: judgeWarmup(scenario, { posted: post.posted, held: held.flat(), changes, cuts: countCuts() }),
      kills,
    }
  } finally {
    await fleet.stop()
    await provider.close()
    for (const { front } of seats) await front.close()
  }
}

async function seatAll(
  { db }: TestDatabase,
  { door, maildirs }: Awaited<ReturnType<typeof startDovecot>>,
  smtpPort: number,
): Promise<Seat[]> {
  const seats: Seat[] = []
  for (const [, members] of Map.groupBy(cast, ({ tenant }) => tenant)) {
    const tenant = await insertTenant(db, { warmup_pool: 'shared' })
    for (const { address, junk } of members) {
      const own = { ...door, username: address }
      await imapSession(own, async (session) => {
        // Dovecot makes its own folders when they are opened first.
        await session.open('Sent')
        if (junk) await createFolder(session, junk === frenchJunk ? 'Courrier indésirable' : junk)
      })
      if (junk) deliverToMaildir(path.join(maildirs, address), junk, spam)
      const front = await startImapFront(door)
      const timezone = morningZone()
      const mailbox = await insertImapMailbox(
        db,
        tenant.id,
        { port: front.port, username: address, password: door.password },
        { smtp_port: smtpPort, timezone, daily_limit: ramp.ceiling },
      )
      await insertWarmupAccount(db, mailbox, {
        ramp_start: ramp.start,
        ramp_step: ramp.step,
        ramp_ceiling: 100,
        jitter: ramp.jitter,
        weekdays_only: false,
        reply_share: 0.9,
        started_on: civilDate(new Date(), timezone),
      })
      seats.push({ address, junk, front, journal: keepJournal(front), mailbox })
    }
  }
  return seats
}

/** A zone in which the working day has just begun. */
function morningZone(): string {
  const ahead = (24 + 8 - new Date().getUTCHours()) % 24
  return ahead <= 12 ? `Etc/GMT-${ahead}` : `Etc/GMT+${24 - ahead}`
}

async function liveDays(
  { db, url }: TestDatabase,
  seats: readonly Seat[],
  days: number,
  setDay: (day: number) => void,
): Promise<{ plans: PlannedDay[]; kills: number }> {
  const { round } = openWarmup(db)
  const plans: PlannedDay[] = []
  let kills = 0
  const sendAll = async () => {
    await hurryEmails(db)
    await eventually(async () => (await readScene(db)).waiting === 0, { timeoutMs: 20_000 })
  }
  const roundAll = async () => {
    await callRounds(db)
    await Promise.all(seats.map(({ mailbox }) => round(mailbox)))
  }
  for (let day = 1; day <= days; day += 1) {
    setDay(day)
    await planWarmupDays(db, { key: testWarmupKey, restDays })
    await sendAll()
    const victim = seats[day % seats.length]
    if (day % 2 === 0 && victim) kills += await killRound(url, victim)
    await roundAll()
    const isLast = day === days
    for (let turn = 0; turn < (isLast ? 12 : 1); turn += 1) {
      await sendAll()
      if (isLast) await hurryRounds(db)
      await roundAll()
      const { open, unseen } = await readScene(db)
      if (isLast && open + unseen === 0) break
    }
    // A session that still comes would take what the next day plans with.
    await eventually(async () => (await readScene(db)).sessions === 0, { timeoutMs: 20_000 })
    plans.push(...(await readPlans(db)).map((plan) => ({ ...plan, day })))
    if (!isLast) await passDay(db)
  }
  return { plans, kills }
}

/** Runs a round in a process of its own, and kills it (SIGKILL) once the server has set a flag, before it hears of that. 1 if it came to it. */
async function killRound(url: string, { front, mailbox }: Seat): Promise<number> {
  const before = front.faults
  const file = path.join(import.meta.dirname, 'warmup-round-process.ts')
  front.faults = { hold: { at: 'UID STORE' } }
  const hear = front.onLine
  const child = spawn(process.execPath, [file, url, mailbox.tenant_id, mailbox.id], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  let asked = false
  let kills = 0
  front.onLine = (side, line) => {
    hear?.(side, line)
    asked ||= side === 'client' && line.startsWith('UID STORE')
    if (!asked || side === 'client' || kills > 0) return
    kills = 1
    child.kill('SIGKILL')
  }
  await once(child, 'exit')
  front.onLine = hear
  front.faults = before
  return kills
}

/** All that a mailbox holds, asked of the server itself. */
async function readAll(
  { door }: Awaited<ReturnType<typeof startDovecot>>,
  { address }: Seat,
): Promise<(HeldMessage & { place: string })[]> {
  return imapSession({ ...door, username: address }, async (session) => {
    const held: (HeldMessage & { place: string })[] = []
    for (const { path: folder } of await session.list()) {
      await session.open(folder)
      const fields = ['message-id', 'in-reply-to', 'references', 'subject']
      for await (const { uid, flags, headers } of session.fetch(folder, '1:*', {
        uid: true,
        flags: true,
        headers: fields,
      }))
        held.push({
          mailbox: address,
          folder,
          place: `${folder} ${uid}`,
          flags: [...(flags ?? [])].filter((flag) => flag !== '\\Recent'),
          ...readHeld(headers?.toString('latin1') ?? ''),
        })
    }
    return held
  })
}
