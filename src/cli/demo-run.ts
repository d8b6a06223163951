import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { campaignWorkers, type DemoConfig, readDemoConfig, startDemoFleet } from '../app/demo-fleet.ts'
import { streamLeadEnds } from '../campaigns/report.ts'
import type { EnrolledLead } from '../campaigns/report-store.ts'
import type { Campaign } from '../campaigns/store.ts'
import { AppError } from '../core/errors.ts'
import type { Db } from '../db/connect.ts'
import { compareAccounts } from '../lab/demo-accounts.ts'
import { type AnswerComparison, compareAnswers, neverAgain } from '../lab/demo-answer-account.ts'
import { accountForSecond, type SecondAccount } from '../lab/demo-second.ts'
import {
  countFound,
  countSuppressions,
  listClaimedEmails,
  listFollowUps,
  listLateDeliveries,
  listReceivedMessages,
} from '../lab/demo-store.ts'
import { type Cleanups, type Prepared, prepare, startDatabase } from './demo-prepare.ts'
import type { DemoReport } from './demo-report.ts'
import type { DemoScreen } from './demo-screen.ts'
import { isSuppressed, isUnknownToProvider, launchDemoCampaign } from './demo-setup.ts'
import { type Watched, watchCampaign } from './demo-watch.ts'

const watchSeconds = 60
const answersSeconds = 20

/**
 * The whole demo, from nothing to the accounts of two campaigns. What it starts is in `cleanups`, to be run in
 * reverse; with `keep` the workers still run when it resolves.
 */
export async function runDemo(
  screen: DemoScreen,
  signal: AbortSignal,
  cleanups: Cleanups,
  keep: boolean,
): Promise<DemoReport> {
  const startedAt = performance.now()
  const demo = readDemoConfig()
  screen.write(
    'Rookery demo: a two-step campaign to a thousand leads, from four mailboxes, over real SMTP and IMAP.\n',
  )
  const url = await startDatabase(demo.config, screen, cleanups)
  signal.throwIfAborted()
  const prepared = await prepare(demo.config, url, screen, signal, cleanups)
  const fleet = startWorkers(demo, url, cleanups, campaignWorkers)
  screen.write(
    '  ✓ Five worker processes started: a scheduler, two senders, one for inboxes, one for bounces',
  )
  const campaigns = runCampaigns(prepared, screen, signal)
  const results = await Promise.race([campaigns, fleet.died])
  screen.write('')
  if (!keep) await fleet.stop()
  const { db } = prepared.database
  const account = await prepared.provider.readAccount()
  return {
    ...results,
    imported: prepared.imported,
    lateDeliveries: await listLateDeliveries(db),
    suppressions: await countSuppressions(db),
    foundInSent: await countFound(db),
    comparison: compareAccounts(await listClaimedEmails(db), account, isSuppressed),
    totalSeconds: (performance.now() - startedAt) / 1000,
    home: demo.config.home,
    commandPrefix: demo.commandPrefix,
  }
}

export function startWorkers(
  { config, environment }: Pick<DemoConfig, 'config' | 'environment'>,
  url: string,
  cleanups: Cleanups,
  workers: Parameters<typeof startDemoFleet>[4],
) {
  const logFile = path.join(config.home, 'workers.log')
  const fleet = startDemoFleet(config, environment, url, logFile, workers)
  cleanups.push(() => fleet.stop())
  const died = fleet.ended.then((): never => {
    throw new AppError('internal', `The worker processes have ended. What they said: ${logFile}`)
  })
  return { died, stop: () => fleet.stop() }
}

type CampaignResults = Pick<DemoReport, 'report' | 'answers' | 'second' | 'complete' | 'watchedSeconds'>

async function runCampaigns(
  { database, provider, campaign }: Prepared,
  screen: DemoScreen,
  signal: AbortSignal,
): Promise<CampaignResults> {
  const { db } = database
  const watch = (of: Campaign): Promise<Watched> =>
    watchCampaign(db, of, { show: screen.show, signal, timeoutSeconds: watchSeconds })
  const first = await watch(campaign)
  const answers = await screen.step(
    'Waiting for the last answers to be read',
    () => untilAnswersRead({ database, provider, campaign }, signal),
    ({ made, missing }) => `${made - missing.length} of ${made} answers have come back and been read`,
  )
  const before = await provider.readAccount()
  const forbidden = new Set(neverAgain(await provider.readAnswers()))
  const next = await screen.step(
    'Launching a second campaign',
    () => launchDemoCampaign(db, campaign.tenant_id, 'second'),
    ({ campaign_name }) => `"${campaign_name}" launched, a second campaign to the same leads`,
  )
  const last = await watch(next)
  const second: SecondAccount = accountForSecond({
    endings: await listEndings(db, next),
    sent: last.report.steps.reduce((sum, { sent }) => sum + sent, 0),
    acceptedBefore: before.list.recipients,
    acceptedAfter: (await provider.readAccount()).list.recipients,
    isForbidden: (recipient) =>
      forbidden.has(recipient) || isSuppressed(recipient) || isUnknownToProvider(recipient),
  })
  return {
    report: first.report,
    answers,
    second: { name: next.campaign_name, ...second },
    complete: first.complete && last.complete,
    watchedSeconds: first.seconds + last.seconds,
  }
}

type WithAnswers = Pick<Prepared, 'database' | 'provider' | 'campaign'>

async function untilAnswersRead(
  { database: { db }, provider, campaign }: WithAnswers,
  signal: AbortSignal,
): Promise<AnswerComparison> {
  const endsAt = performance.now() + answersSeconds * 1000
  for (;;) {
    const comparison = compareAnswers(
      await provider.readAnswers(),
      await listReceivedMessages(db),
      await listFollowUps(db, campaign),
      await listEndings(db, campaign),
    )
    if (comparison.missing.length === 0 || performance.now() > endsAt) return comparison
    await sleep(200, undefined, { signal })
  }
}

async function listEndings(db: Db, campaign: Campaign): Promise<EnrolledLead[]> {
  return Array.fromAsync(streamLeadEnds(db, campaign))
}
