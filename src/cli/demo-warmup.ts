import type { Db } from '../db/connect.ts'
import { startWarmupProvider } from '../lab/warmup-provider.ts'
import { judgeWarmup, type WarmupCheck, type WarmupScenario } from '../lab/warmup-verdict.ts'
import type { WarmupWitness } from '../lab/warmup-witness.ts'
import { findTenant } from '../tenants/store.ts'
import { listStandings } from '../warmup/account-store.ts'
import { listReportDays } from '../warmup/report-store.ts'
import { type Stage, startWorkers } from './demo-stage.ts'
import { liveThrough } from './demo-warmup-days.ts'
import { type SceneDay, type SceneMailbox, sumDays, sumMailboxes } from './demo-warmup-figures.ts'
import { castOfWarmup, enrolCast, junkShares, newPassword, rampOfWarmup } from './demo-warmup-setup.ts'
import { type MailboxReport, reportWarmup } from './warmup-report.ts'

/** A round is cut off after so many flags and moves. */
const cutEvery = 25
const filedInto = 'Warmup'

export interface WarmupScene {
  days: SceneDay[]
  mailboxes: SceneMailbox[]
  checks: WarmupCheck[]
  seconds: number
}

/** Eight mailboxes warm up over some weeks; a day goes by as soon as all that was planned for it is done. */
export async function runWarmupScene(stage: Stage, days: number): Promise<WarmupScene> {
  const startedAt = performance.now()
  const { screen, cleanups, demo, database } = stage
  const { db } = database
  screen.write(`\nEight mailboxes of four tenants warm up over ${days} compressed days:\n`)
  const password = newPassword()
  const shares = castOfWarmup.map(({ address, provider }) => [address, junkShares[provider]] as const)
  const provider = await screen.step(
    'Starting a mail provider',
    () => startWarmupProvider({ junkShares: Object.fromEntries(shares), password, cutEvery }),
    () => 'A mail provider takes some mail for junk, and cuts off some rounds',
  )
  cleanups.push(() => provider.stop())
  await screen.step(
    'Enrolling mailboxes',
    () => enrolCast(db, demo.config, provider, password),
    () => 'Eight mailboxes enrolled in the pool that tenants share',
  )
  const fleet = startWorkers(hurried(stage), ['scheduler', 'sending', 'warmup'], 'warmup-workers.log')
  screen.write('  ✓ Three workers started: scheduler, sender, warmup')
  const life = liveThrough({ ...stage, db, provider, mailboxes: castOfWarmup.length, days })
  const plans = await Promise.race([life, fleet.died])
  const witness = await provider.readWitness()
  const scenario: WarmupScenario = {
    mailboxes: castOfWarmup,
    ramp: rampOfWarmup,
    days,
    restDays: demo.config.scheduler.warmupRestDays,
    folder: filedInto,
    plans,
  }
  const reports = await readReports(db, days)
  return {
    days: sumDays(scenario, witness, reports),
    mailboxes: sumMailboxes(witness, reports),
    checks: [...judgeWarmup(scenario, witness), judgeReports(reports, witness)],
    seconds: (performance.now() - startedAt) / 1000,
  }
}

/** Rounds are planned more often than mailboxes are read in a campaign. */
const hurried = (stage: Stage): Stage => {
  const environment = { ...stage.demo.environment, ROOKERY_SCHEDULER_SYNC_MS: '100' }
  return { ...stage, demo: { ...stage.demo, environment } }
}

/** What `rookery warmup report` says of each mailbox. */
async function readReports(db: Db, days: number): Promise<MailboxReport[]> {
  const reports: MailboxReport[] = []
  for (const name of new Set(castOfWarmup.map(({ tenant }) => tenant))) {
    const tenant = await findTenant(db, name)
    if (!tenant) continue
    const standings = await listStandings(db, tenant.id, null)
    reports.push(...reportWarmup(standings, await listReportDays(db, tenant.id, null, days)).mailboxes)
  }
  return reports
}

/** The report counts from our own tables what the provider has seen with its own eyes. */
function judgeReports(reports: readonly MailboxReport[], { posted }: WarmupWitness): WarmupCheck {
  const faults = castOfWarmup.flatMap(({ address }) => {
    const sent = posted.filter(({ from }) => from === address)
    const junk = sent.filter(({ folder }) => folder === 'Junk').length
    const seen = `${sent.length} sent, ${sent.length - junk} in INBOX, ${junk} in Junk`
    const totals = reports.find(({ mailbox }) => mailbox === address)?.totals
    const said = totals
      ? `${totals.warmupSent} sent, ${totals.inbox} in INBOX, ${totals.junk} in Junk`
      : 'nothing'
    return said === seen ? [] : [`${address}: the report says ${said}, the provider ${seen}`]
  })
  return { words: '`rookery warmup report` says of each mailbox what the provider says.', faults }
}
