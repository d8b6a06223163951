import { once } from 'node:events'
import type { Command } from 'commander'
import { describeNext } from '../demo-next.ts'
import { campaignVerdict, type DemoReport, describeCampaigns, isGood } from '../demo-report.ts'
import { runCampaignScene } from '../demo-run.ts'
import { createDemoScreen, type DemoScreen } from '../demo-screen.ts'
import { type Cleanups, type Stage, setStage } from '../demo-stage.ts'
import { runWarmupScene, type WarmupScene } from '../demo-warmup.ts'
import { describeWarmup, warmupVerdict } from '../demo-warmup-report.ts'
import { castOfWarmup } from '../demo-warmup-setup.ts'
import { wholeNumber, withOutput } from '../options.ts'
import type { OutputOptions } from '../output.ts'

const help = `
Two scenes, one after the other, in less than a minute: two campaigns to a thousand leads through four mailboxes, and eight
mailboxes that warm up over three weeks. --no-warmup shows only the first, --warmup only the second.

It works in a directory of its own below ROOKERY_HOME (.rookery/demo), on the embedded PostgreSQL, against mail providers
on this machine: no mail leaves it. Exit code 0 only if every line of the verdict holds. Of the campaigns: every lead is
accounted for, the provider's account agrees with the ledger, every answer that came back was found, and the second
campaign mails no suppressed lead. Of warmup: what was sent follows the ramps, no pair breaks a rule, all is rescued from
Junk, answers are in their conversations, and nothing was done twice.`

export function addDemoCommand(program: Command): void {
  withOutput(program.command('demo'))
    .description('Watch campaigns go out to a thousand leads, and eight mailboxes warm up.')
    .option('--warmup', 'only the warmup of eight mailboxes')
    .option('--no-warmup', 'only the campaigns')
    .option('--days <n>', 'of warmup', wholeNumber({ least: 1, most: 366 }), 21)
    .option('--keep', 'leave everything running at the end, until Ctrl-C')
    .addHelpText('after', help)
    .action(demo)
}

interface DemoOptions extends OutputOptions {
  keep?: boolean
  /** Left out: both scenes. */
  warmup?: boolean
  days: number
}

async function demo(options: DemoOptions): Promise<void> {
  const screen = createDemoScreen(options.json ? process.stderr : process.stdout)
  const interrupt = listenForInterrupt()
  const cleanups: Cleanups = []
  try {
    process.exitCode = (await play(options, screen, interrupt, cleanups)) ? 0 : 1
    if (options.keep) await once(interrupt, 'abort')
  } catch (error) {
    if (!interrupt.aborted) throw error
    process.exitCode = 130
  } finally {
    if (interrupt.aborted) screen.write('\n  Stopping …')
    for (const cleanup of cleanups.reverse()) await cleanup()
    if (interrupt.aborted) screen.write('  Stopped; nothing is left running.')
  }
}

/** Whether all that the demo promises held. */
async function play(
  options: DemoOptions,
  screen: DemoScreen,
  interrupt: AbortSignal,
  cleanups: Cleanups,
): Promise<boolean> {
  const startedAt = performance.now()
  screen.write('Rookery demo: everything runs on this machine, and no mail leaves it.\n')
  const stage = await setStage(screen, interrupt, cleanups)
  const campaigns = options.warmup === true ? undefined : await showCampaigns(stage, options)
  const warmup = options.warmup === false ? undefined : await showWarmup(stage, options)
  const seconds = (performance.now() - startedAt) / 1000
  if (options.json)
    process.stdout.write(`${JSON.stringify({ ...campaigns, warmup, totalSeconds: seconds }, undefined, 2)}\n`)
  else screen.write(`\n${describeVerdict(campaigns, warmup, seconds)}\n`)
  const left = {
    campaign: campaigns && { tenant: campaigns.tenant, name: campaigns.report.campaign },
    warmup: warmup && { tenant: castOfWarmup[0].tenant, mailbox: castOfWarmup[0].address },
  }
  screen.write(describeNext(stage.demo, left, options.keep ?? false))
  return (
    (!campaigns || isGood(campaigns)) && (!warmup || warmup.checks.every(({ faults }) => faults.length === 0))
  )
}

async function showCampaigns(stage: Stage, { json, keep }: DemoOptions): Promise<DemoReport> {
  const result = await runCampaignScene(stage, keep ?? false)
  if (!json) stage.screen.write(describeCampaigns(result))
  return result
}

async function showWarmup(stage: Stage, { json, days }: DemoOptions): Promise<WarmupScene> {
  const scene = await runWarmupScene(stage, days)
  if (!json) stage.screen.write(`\n${describeWarmup(scene)}`)
  return scene
}

function describeVerdict(
  campaigns: DemoReport | undefined,
  warmup: WarmupScene | undefined,
  seconds: number,
): string {
  const parts = [
    campaigns && ['Campaigns', ...campaignVerdict(campaigns)],
    warmup && ['Warmup', ...warmupVerdict(warmup)],
    [`${seconds.toFixed(0)} s in all.`],
  ]
  return parts.flatMap((lines) => (lines ? [lines.join('\n')] : [])).join('\n\n')
}

const sameKeyMs = 1000

/** Aborts at the first SIGINT or SIGTERM; a later one ends this process at once, and with it those it started. */
function listenForInterrupt(): AbortSignal {
  const interrupt = new AbortController()
  let firstAt = 0
  const stop = () => {
    // npm passes on the Ctrl-C that the terminal has sent us already.
    if (interrupt.signal.aborted && performance.now() - firstAt > sameKeyMs) process.exit(130)
    firstAt ||= performance.now()
    interrupt.abort()
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  return interrupt.signal
}
