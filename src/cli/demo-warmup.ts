import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../app/config.ts'
import type { DemoConfig } from '../app/demo-fleet.ts'
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
import { storePasswords } from './commands/mailbox-add.ts'
import { type Cleanups, startDatabase } from './demo-prepare.ts'
import { startWorkers } from './demo-run.ts'
import type { DemoScreen } from './demo-screen.ts'
import { openDemoDatabase } from './demo-setup.ts'
import { openSealer } from './session.ts'
import { describeMailbox, reportWarmup } from './warmup-report.ts'

/** Four tenants with two mailboxes each, every one at a domain of its own. */
const people = [
  ['ada', 'bea'],
  ['cai', 'dana'],
  ['eli', 'fay'],
  ['gus', 'hope'],
] as const
const junkShare = 0.2
/** Eight mailboxes that meet once a day cannot write to one another much more often. */
const mostADay = 4
const stepSeconds = 30
const urgeEveryMs = 600

export interface WarmupScene {
  days: number
  account: SceneAccount
  /** What is not as it should be, in words. */
  problems: string[]
  seconds: number
  report: string
}

/** Eight mailboxes warm up over some weeks; a day goes by as soon as all that was planned for it is done. */
export async function runWarmupScene(
  { config, environment }: DemoConfig,
  days: number,
  screen: DemoScreen,
  signal: AbortSignal,
  cleanups: Cleanups,
): Promise<WarmupScene> {
  const startedAt = performance.now()
  screen.write(`Rookery demo: eight mailboxes of four tenants warm up over ${days} compressed days.\n`)
  const url = await startDatabase(config, screen, cleanups)
  const database = await screen.step(
    'Creating tables and queues',
    () => openDemoDatabase(config, url),
    () => 'Tables and queues created',
  )
  cleanups.push(() => database.close())
  const { db } = database
  const password = randomBytes(18).toString('base64url')
  const mailboxes = people.flat().map((name) => `${name}@${name}-mail.test`)
  const provider = await startWarmupProvider({ mailboxes, password, junkShare })
  cleanups.push(() => provider.stop())
  const first = await screen.step(
    'Enrolling mailboxes',
    () => enrolAll(db, config, provider, password),
    () =>
      `Eight mailboxes enrolled in the shared pool; their provider puts ${100 * junkShare} % of what comes in into Junk`,
  )
  const fleet = startWorkers({ config, environment }, url, cleanups, ['scheduler', 'sending', 'warmup'])
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
    const tenant = await insertTenant(db, { name: `Tenant ${at + 1}`, timezone })
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
    if (day % 7 === 0 || day === days) await sayWeek(db, day, screen)
    if (day < days) await passDay(db)
  }
}

async function nextHours(db: Db): Promise<void> {
  await hurryRounds(db)
  await callRounds(db)
}

async function sayWeek(db: Db, day: number, screen: DemoScreen): Promise<void> {
  const { sent, junk, rescued, answered } = await readSceneAccount(db)
  screen.write(
    `  Day ${String(day).padStart(2)}: ${sent} sent, ${junk} landed in Junk, ${rescued} rescued, ${answered} answers`,
  )
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
  const checks: [boolean, string][] = [
    [account.daysOverRamp > 0, `${account.daysOverRamp} days are over their ramp`],
    [account.pairsTwiceADay > 0, `${account.pairsTwiceADay} pairs began twice on a day`],
    [
      account.pairsOfOneTenantOrDomain > 0,
      `${account.pairsOfOneTenantOrDomain} pairs are of one tenant or domain`,
    ],
    [account.rescued < account.junk, `${account.junk - account.rescued} messages are still in Junk`],
    [account.answersOutOfThread > 0, `${account.answersOutOfThread} answers belong to no conversation`],
    [account.doneTwice > 0, `${account.doneTwice} things were done twice`],
  ]
  return checks.flatMap(([failed, words]) => (failed ? [words] : []))
}

export function describeScene({ days, account, problems, seconds, report }: WarmupScene): string {
  const share = ((100 * account.sent) / Math.max(1, account.allowed)).toFixed(0)
  const said =
    problems.length > 0
      ? problems.map((problem) => `  ✗ ${problem}`)
      : [
          `  ✓ ${account.sent} emails in ${days} days, ${share} % of what the ramps allow, on no day more`,
          `  ✓ ${account.pairs} conversations; no pair of one tenant or domain, none twice on a day`,
          `  ✓ ${account.junk} landed in Junk, and every one was rescued`,
          `  ✓ ${account.answered} answers, each in its conversation; nothing was done twice`,
        ]
  return `\n${report}\n\n${said.join('\n')}\n\n  ${seconds.toFixed(0)} s in all.`
}
