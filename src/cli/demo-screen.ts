import { drawBar } from './campaign-figures.ts'

/** What is shown while the campaign goes out. */
export interface DemoFigures {
  planned: number
  sent: number
  deferred: number
  failed: number
  skipped: number
  unknown: number
  /** Leads that are through, of all. */
  leads: { ended: number; total: number }
  emailsPerSecond: number
  seconds: number
  /** Nothing comes after these: they are shown in any case. */
  last: boolean
}

export interface DemoScreen {
  /** Runs one step of the preparation and says what it came to, with the time it took. */
  step<T>(doing: string, work: () => Promise<T>, done: (result: T) => string): Promise<T>
  show(figures: DemoFigures): void
  /** The same for anything: a block for a terminal, a line for elsewhere; `last`: nothing comes after it. */
  progress(block: readonly string[], line: string, last: boolean): void
  write(text: string): void
}

type Output = NodeJS.WritableStream & { isTTY?: boolean; columns?: number }

const lineEveryMs = 2000

/** One block that is redrawn on a terminal; elsewhere a line every 2 s. */
export function createDemoScreen(output: Output): DemoScreen {
  const terminal = output.isTTY === true
  let drawnLines = 0
  let lastLineAt = Number.NEGATIVE_INFINITY

  const redraw = (lines: readonly string[]) => {
    const up = drawnLines > 0 ? `\u001b[${drawnLines}A\u001b[J` : ''
    const width = output.columns ?? 80
    output.write(`${up}${lines.map((line) => line.slice(0, width)).join('\n')}\n`)
    drawnLines = lines.length
  }

  const progress = (block: readonly string[], line: string, last: boolean) => {
    if (terminal) redraw(block)
    else if (last || performance.now() - lastLineAt >= lineEveryMs) {
      lastLineAt = performance.now()
      output.write(`  ${line}\n`)
    }
    // What comes next stands below.
    if (last) drawnLines = 0
  }

  return {
    async step(doing, work, done) {
      const startedAt = performance.now()
      if (terminal) output.write(`  · ${doing} …`)
      const result = await work().finally(() => terminal && output.write('\r\u001b[K'))
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
      output.write(`  ✓ ${done(result)} (${seconds} s)\n`)
      return result
    },
    show: (figures) => progress(block(figures), oneLine(figures), figures.last),
    progress,
    write: (text) => void output.write(`${text}\n`),
  }
}

const counted = ['planned', 'sent', 'deferred', 'failed', 'skipped', 'unknown'] as const

function block(figures: DemoFigures): string[] {
  const { leads, planned, sent, failed, skipped, unknown } = figures
  const cells = counted.map((name) => [name, figures[name].toLocaleString('en')] as const)
  const widths = cells.map(([name, value]) => Math.max(name.length, value.length) + 3)
  const row = (pick: 0 | 1) => cells.map((cell, at) => cell[pick].padStart(widths[at] ?? 0)).join('')
  return [
    '',
    `  ${row(0)}`,
    `  ${row(1)}`,
    '',
    `  ${drawBar(sent, failed + skipped + unknown, planned, 48)}  ${rate(figures)}`,
    `  ${leads.ended.toLocaleString('en')} of ${leads.total.toLocaleString('en')} leads are through, ${figures.seconds.toFixed(0)} s`,
  ]
}

function oneLine(figures: DemoFigures): string {
  const words = counted.map((name) => `${name} ${figures[name].toLocaleString('en')}`)
  return `${figures.seconds.toFixed(0).padStart(3)} s: ${words.join(', ')}; ${rate(figures)}`
}

const rate = ({ emailsPerSecond }: DemoFigures) => `${Math.round(emailsPerSecond)} emails/s`
