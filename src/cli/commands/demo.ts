import { once } from 'node:events'
import type { Command } from 'commander'
import { readDemoConfig } from '../../app/demo-fleet.ts'
import { type DemoReport, describeDemo, describeNext, isGood } from '../demo-report.ts'
import { runDemo } from '../demo-run.ts'
import { createDemoScreen, type DemoScreen } from '../demo-screen.ts'
import { describeScene, runWarmupScene } from '../demo-warmup.ts'
import { wholeNumber, withOutput } from '../options.ts'
import type { OutputOptions } from '../output.ts'

const help = `
It works in a directory of its own below ROOKERY_HOME (.rookery/demo), on the embedded PostgreSQL, against a mail
provider on this machine: no mail leaves it. Exit code 0 only if every lead is accounted for, the provider's account
agrees with the ledger, every answer that came back was found, and a second campaign mails no suppressed lead.`

export function addDemoCommand(program: Command): void {
  withOutput(program.command('demo'))
    .description('Watch a campaign to a thousand leads go out through four mailboxes.')
    .option('--warmup', 'watch eight mailboxes warm up instead')
    .option('--days <n>', 'of warmup', wholeNumber, 21)
    .option('--keep', 'leave everything running at the end, until Ctrl-C')
    .addHelpText('after', help)
    .action(demo)
}

interface DemoOptions extends OutputOptions {
  keep?: boolean
  warmup?: boolean
  days: number
}

async function demo(options: DemoOptions): Promise<void> {
  const screen = createDemoScreen(options.json ? process.stderr : process.stdout)
  const interrupt = listenForInterrupt()
  const cleanups: (() => Promise<unknown>)[] = []
  try {
    const good = options.warmup
      ? await showWarmup(options, screen, interrupt, cleanups)
      : await showCampaigns(options, screen, interrupt, cleanups)
    process.exitCode = good ? 0 : 1
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

type Cleanups = (() => Promise<unknown>)[]

async function showCampaigns(
  options: DemoOptions,
  screen: DemoScreen,
  interrupt: AbortSignal,
  cleanups: Cleanups,
): Promise<boolean> {
  const result = await runDemo(screen, interrupt, cleanups, options.keep ?? false)
  show(result, options, screen)
  return isGood(result)
}

async function showWarmup(
  options: DemoOptions,
  screen: DemoScreen,
  interrupt: AbortSignal,
  cleanups: Cleanups,
): Promise<boolean> {
  const scene = await runWarmupScene(readDemoConfig(), options.days, screen, interrupt, cleanups)
  if (options.json) process.stdout.write(`${JSON.stringify(scene, undefined, 2)}\n`)
  else screen.write(describeScene(scene))
  return scene.problems.length === 0
}

function show(result: DemoReport, options: DemoOptions, screen: DemoScreen): void {
  if (options.json) process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`)
  else screen.write(`${describeDemo(result)}\n`)
  screen.write(describeNext(result, options.keep ?? false))
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
