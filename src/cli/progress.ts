import { Presets, SingleBar } from 'cli-progress'

export interface Progress {
  update(value: number, total: number): void
  stop(): void
}

const linesAt = [0.25, 0.5, 0.75]
const slowMs = 2_000

/** On stderr: a bar on a terminal; elsewhere a line at each quarter of what takes longer than two seconds. */
export function startProgress(label: string): Progress {
  return process.stderr.isTTY ? startBar(label) : startLines(label)
}

function startBar(label: string): Progress {
  const format = `${label} {bar} {percentage} %`
  const bar = new SingleBar({ format, stream: process.stderr, clearOnComplete: true }, Presets.shades_classic)
  bar.start(1, 0)
  return {
    update(value, total) {
      bar.setTotal(total)
      bar.update(value)
    },
    stop: () => bar.stop(),
  }
}

function startLines(label: string): Progress {
  const startedAt = performance.now()
  let shown = 0
  return {
    update(value, total) {
      const share = value / total
      const passed = linesAt.filter((quarter) => quarter <= share).length
      if (passed > shown && performance.now() - startedAt > slowMs)
        process.stderr.write(`${label}: ${Math.floor(share * 100)} %\n`)
      shown = Math.max(shown, passed)
    },
    stop: () => {},
  }
}
