import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import recorded from './bounce-figures.json' with { type: 'json' }

/**
 * Runs the scorers that a labelled corpus of bounces brings with it, with both line ends, and compares with the figures last
 * recorded in bounce-figures.json: `npm run eval:bounces -- DIR`. Exits with 1 when one of them is worse.
 */
type Figures = Record<string, number>
/** Counts of what went wrong; all others are shares of what was right, in percent. */
const lowerIsBetter = new Set(['extra', 'wrongHard', 'missedHard', 'fpHard', 'fpHam'])

const folder = process.argv[2]
if (!folder || !existsSync(join(folder, 'score.mjs'))) {
  console.error('npm run eval:bounces -- DIR: DIR has to hold score.mjs, score-lines.mjs and dev/.')
  process.exit(2)
}
const corpus = folder
const rookery = `${process.execPath} ${join(import.meta.dirname, '../src/cli/main.ts')} bounces`

function run(script: string, ...args: string[]): string {
  const { status, stdout } = spawnSync(process.execPath, [join(corpus, script), '--split', 'dev', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) process.exit(status ?? 1)
  return stdout
}

function scoreReports(...options: string[]): Figures {
  const scratch = mkdtempSync(join(tmpdir(), 'rookery-eval-'))
  const json = join(scratch, 'scores.json')
  console.log(run('score.mjs', '--cmd', `${rookery} parse {dir}`, '--json', json, ...options))
  const { TOTAL } = JSON.parse(readFileSync(json, 'utf8')) as {
    TOTAL: Record<string, number | [number, number]>
  }
  rmSync(scratch, { recursive: true })
  const figures = Object.entries(TOTAL).map(([name, value]) => [
    name,
    Array.isArray(value) ? percent(value) : value,
  ])
  return Object.fromEntries(figures) as Figures
}

function percent([part, whole]: [number, number]): number {
  return Number(((100 * part) / whole).toFixed(1))
}

function scoreReplies(): Figures {
  const text = run('score-lines.mjs', '--cmd', `${rookery} classify`)
  console.log(text)
  return { replies: Number(/^TOTAL.*?accuracy\s+([\d.]+)/m.exec(text)?.[1] ?? 0) }
}

function isWorse(name: string, now: number, before: number): boolean {
  return lowerIsBetter.has(name) ? now > before : now < before
}

const measured: [string, Figures][] = [
  ['LF', { ...scoreReports(), ...scoreReplies() }],
  ['CRLF', scoreReports('--crlf')],
]
for (const [lineEnds, figures] of measured)
  for (const [name, before] of Object.entries(recorded)) {
    const now = figures[name]
    if (now === undefined || !isWorse(name, now, before)) continue
    console.error(`${name} (${lineEnds}) is ${now}; it was ${before}.`)
    process.exitCode = 1
  }
if (!process.exitCode) console.log('No figure is worse than recorded.')
