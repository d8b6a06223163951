import { setTimeout as sleep } from 'node:timers/promises'
import { campaignWorkers } from '../app/demo-fleet.ts'
import { streamLeadEnds } from '../campaigns/report.ts'
import type { EnrolledLead } from '../campaigns/report-store.ts'
import type { Campaign } from '../campaigns/store.ts'
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
import { type Prepared, prepare } from './demo-prepare.ts'
import { countDemo, letReadersRead } from './demo-readers.ts'
import type { DemoReport } from './demo-report.ts'
import { isSuppressed, isUnknownToProvider, launchDemoCampaign } from './demo-setup.ts'
import { type Stage, startWorkers } from './demo-stage.ts'
import { type Watched, watchCampaign } from './demo-watch.ts'

const watchSeconds = 60
const answersSeconds = 20

/** Two campaigns, from an empty database to their accounts; with `keep` their workers still run when it resolves. */
export async function runCampaignScene(stage: Stage, keep: boolean): Promise<DemoReport> {
  const startedAt = performance.now()
  const { screen } = stage
  screen.write('\nA two-step campaign to a thousand leads, from four mailboxes:\n')
  const prepared = await prepare(stage)
  const fleet = startWorkers(stage, campaignWorkers, 'workers.log')
  screen.write('  ✓ Five workers started: scheduler, two senders, inbox, bounce')
  const results = await Promise.race([runCampaigns(prepared, stage), fleet.died])
  screen.write('')
  if (!keep) await fleet.stop()
  const { db } = stage.database
  const readings = await screen.step(
    'Letting the lab open and click',
    () => letReadersRead(db),
    () => 'Readers of the lab have opened and clicked, people and machines: tracking is not there yet',
  )
  const counted = await countDemo(db, prepared.campaign, readings, stage.signal)
  const account = await prepared.provider.readAccount()
  return {
    ...results,
    imported: prepared.imported,
    counted,
    lateDeliveries: await listLateDeliveries(db),
    suppressions: await countSuppressions(db),
    foundInSent: await countFound(db),
    comparison: compareAccounts(await listClaimedEmails(db), account, isSuppressed),
    seconds: (performance.now() - startedAt) / 1000,
    tenant: prepared.tenant.name,
  }
}

type CampaignResults = Pick<DemoReport, 'report' | 'answers' | 'second' | 'complete' | 'watchedSeconds'>

async function runCampaigns(
  { database, provider, campaign }: Prepared,
  { screen, signal }: Stage,
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
    ({ campaign_name }) => `"${campaign_name}" launched, to the same leads`,
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
