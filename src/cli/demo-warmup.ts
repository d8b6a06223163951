import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../app/config.ts'
import { AppError } from '../core/errors.ts'
import type { Db } from '../db/connect.ts'
import { enrolInWarmup } from '../jobs/warmup/change.ts'
import { countWarmup } from '../jobs/warmup/count.ts'
import {
  callRounds,
  hurryEmails,
  hurryRounds,
  passDay,
  readScene,
  readSceneAccount,
  type SceneAccount,
  type SceneState,
} from '../lab/warmup-days-store.ts'
import { startWarmupProvider, type WarmupProvider } from '../lab/warmup-provider.ts'
import { defineMailbox } from '../mailboxes/definition.ts'
import { insertMailbox, type Mailbox } from '../mailboxes/store.ts'
import { createLogger } from '../telemetry/log.ts'
import { insertTenant } from '../tenants/store.ts'
import { listStandings, setWarmupPool } from '../warmup/account-store.ts'
import { defineEnrolment } from '../warmup/enrolment.ts'
import { listReportDays } from '../warmup/report-store.ts'
import { drawBar } from './campaign-figures.ts'
import { storePasswords } from './commands/mailbox-add.ts'
import type { DemoScreen } from './demo-screen.ts'
import { type Stage, startWorkers } from './demo-stage.ts'
import { openSealer } from './session.ts'
import { describeMailbox, reportWarmup } from './warmup-report.ts'

/** Four tenants with two mailboxes each, every one at a domain of its own. */
const people = [
  ['ada', 'bea'],
  ['cai', 'dana'],
  ['eli', 'fay'],
  ['gus', 'hope'],
] as const
const tenantNames = ['north', 'east', 'south', 'west'] as const
const junkShare = 0.12
/** Eight mailboxes that meet once a day cannot write to one another much more often. */
const mostADay = 4
const stepSeconds = 30
const urgeEveryMs = 200

export interface WarmupScene {
  days: number
  account: SceneAccount
  /** What is not as it should be, in words. */
  problems: string[]
  seconds: number
  report: string
  /** One to look at more closely. */
  tenant: string
  mailbox: string
}

/** Eight mailboxes warm up over some weeks; a day goes by as soon as all that was planned for it is done. */
export async function runWarmupScene(stage: Stage, days: number): Promise<WarmupScene> {
  const startedAt = performance.now()
  const { screen, signal, cleanups, database, demo } = stage
  screen.write(`\nEight mailboxes of four tenants warm up over ${days} compressed days:\n`)
  const { db } = database
  const password = randomBytes(18).toString('base64url')
  const mailboxes = people.flat().map((name) => `${name}@${name}-mail.test`)
  const provider = await startWarmupProvider({ mailboxes, password, junkShare })
  cleanups.push(() => provider.stop())
  const first = await screen.step(
    'Enrolling mailboxes',
    () => enrolAll(db, demo.config, provider, password),
    () =>
      `Eight mailboxes enrolled in the shared pool; their provider puts ${100 * junkShare} % of what comes in into Junk`,
  )
  const fleet = startWorkers(stage, ['scheduler', 'sending', 'warmup'], 'warmup-workers.log')
  await Promise.race([liveThrough(db, days, screen, signal), fleet.died])
  const account = await readSceneAccount(db)
  const standings = await listStandings(db, first.tenant_id, first.id)
  const { mailboxes: reports, countedAt } = reportWarmup(
    standings,
    await listReportDays(db, first.tenant_id, first.id, days + 1),
  )
  return {
    days,
    account,
    problems: problemsOf(account),
    seconds: (performance.now() - startedAt) / 1000,
    report: reports[0] ? describeMailbox(reports[0], countedAt) : '',
    tenant: tenantNames[0],
    mailbox: first.email_address,
  }
}

async function enrolAll(
  db: Db,
  config: Config,
  { smtpPort, imapPort }: WarmupProvider,
  password: string,
): Promise<Mailbox> {
  const sealer = await openSealer(config)
  const timezone = morningZone()
  const enrolment = defineEnrolment({ start: 1, step: 1, ceiling: 40, weekdaysOnly: false, replyShare: 0.4 })
  const enrolled: Mailbox[] = []
  for (const [at, names] of people.entries()) {
    const tenant = await insertTenant(db, { name: tenantNames[at] ?? '', timezone })
    await db.transaction().execute((trx) => setWarmupPool(trx, tenant.id, 'shared'))
    for (const name of names) {
      const address = `${name}@${name}-mail.test`
      const definition = defineMailbox({
        address,
        displayName: `${name.charAt(0).toUpperCase()}${name.slice(1)} Rook`,
        smtp: { host: '127.0.0.1', port: smtpPort },
        imap: { host: '127.0.0.1', port: imapPort, username: address },
        timezone,
        dailyLimit: mostADay,
      })
      const mailbox = await db.transaction().execute(async (trx) => {
        const inserted = await insertMailbox(trx, tenant.id, definition)
        await storePasswords(trx, sealer, inserted, { imap: password })
        return inserted
      })
      await enrolInWarmup(db, { tenantId: tenant.id, mailboxId: mailbox.id, actor: 'demo' }, enrolment)
      enrolled.push(mailbox)
    }
  }
  const [first] = enrolled
  if (!first) throw new AppError('internal', 'the scene has no mailbox')
  return first
}

/** Where a working day has just begun: all of it is still to be planned. */
function morningZone(): string {
  const ahead = (24 + 8 - new Date().getUTCHours()) % 24
  return ahead <= 12 ? `Etc/GMT-${ahead}` : `Etc/GMT+${24 - ahead}`
}

const log = createLogger({ level: 'error', format: 'json', name: 'demo', output: { fd: 2 } })

async function liveThrough(db: Db, days: number, screen: DemoScreen, signal: AbortSignal): Promise<void> {
  for (let day = 1; day <= days; day += 1) {
    await untilScene(db, 'every day is planned', ({ planned }) => planned === 8, signal)
    await hurryEmails(db)
    await untilScene(db, 'what may go has gone', ({ waiting }) => waiting === 0, signal)
    await untilScene(db, 'all of it is found', ({ unseen }) => unseen === 0, signal, callRounds)
    if (day === days)
      await untilScene(db, 'all of it is put away', ({ open }) => open === 0, signal, nextHours)
    await countWarmup({ db, log })
    await sayDay(db, { day, days }, screen)
    if (day < days) await passDay(db)
  }
}

async function nextHours(db: Db): Promise<void> {
  await hurryRounds(db)
  await callRounds(db)
}

async function sayDay(
  db: Db,
  { day, days }: { day: number; days: number },
  screen: DemoScreen,
): Promise<void> {
  const { sent, junk, rescued, answered } = await readSceneAccount(db)
  const figures = { sent, 'in Junk': junk, rescued, answers: answered }
  const cells = Object.entries(figures).map(([name, count]) => [name, count.toLocaleString('en')] as const)
  const row = (pick: 0 | 1) => cells.map((cell) => cell[pick].padStart(10)).join('')
  const block = [
    '',
    `  ${row(0)}`,
    `  ${row(1)}`,
    '',
    `  ${drawBar(day, 0, days, 48)}  day ${day} of ${days}`,
  ]
  const line = cells.map(([name, count]) => `${count} ${name}`).join(', ')
  screen.progress(block, `day ${String(day).padStart(2)}: ${line}`, day === days)
}

async function untilScene(
  db: Db,
  what: string,
  isSo: (scene: SceneState) => boolean,
  signal: AbortSignal,
  urge: (db: Db) => Promise<void> = async () => {},
): Promise<void> {
  const endsAt = performance.now() + stepSeconds * 1000
  for (let urgedAt = 0; ; ) {
    const scene = await readScene(db)
    if (isSo(scene)) return
    if (performance.now() - urgedAt > urgeEveryMs) {
      await urge(db)
      urgedAt = performance.now()
    }
    if (performance.now() > endsAt)
      throw new AppError(
        'internal',
        `For ${stepSeconds} s it was waited in vain until ${what}: ${JSON.stringify(scene)}.`,
      )
    await sleep(25, undefined, { signal })
  }
}

function problemsOf(account: SceneAccount): string[] {
  return checksOf(account).flatMap(({ failed, words }) => (failed ? [words] : []))
}

const checksOf = (account: SceneAccount) => [
  { failed: account.daysOverRamp > 0, words: `${account.daysOverRamp} days are over their ramp` },
  { failed: account.pairsTwiceADay > 0, words: `${account.pairsTwiceADay} pairs began twice on a day` },
  {
    failed: account.pairsOfOneTenantOrDomain > 0,
    words: `${account.pairsOfOneTenantOrDomain} pairs are of one tenant or domain`,
  },
  {
    failed: account.rescued < account.junk,
    words: `${account.junk - account.rescued} messages are still in Junk`,
  },
  {
    failed: account.answersOutOfThread > 0,
    words: `${account.answersOutOfThread} answers belong to no conversation`,
  },
  { failed: account.doneTwice > 0, words: `${account.doneTwice} things were done twice` },
]

export const describeScene = ({ report }: WarmupScene): string => `\n${report}`

export function warmupVerdict({ days, account, problems, seconds }: WarmupScene): string[] {
  const share = ((100 * account.sent) / Math.max(1, account.allowed)).toFixed(0)
  const said =
    problems.length > 0
      ? problems.map((problem) => `✗ ${problem}`)
      : [
          `✓ ${account.sent} emails in ${days} days, ${share} % of what the ramps allow, on no day more.`,
          `✓ ${account.pairs} conversations; no pair of one tenant or domain, none twice on a day.`,
          `✓ ${account.junk} landed in Junk, and every one was rescued.`,
          `✓ ${account.answered} answers, each in its conversation; nothing was done twice.`,
        ]
  return [...said, `  ${seconds.toFixed(0)} s.`]
}
