import path from 'node:path'
import type { SourceFile } from './floors-source.ts'

/** The processes of src/app/pools.ts, the files of workers/ and the lines of the Procfile are the same. */
export function checkProcesses(
  pools: readonly string[],
  files: readonly SourceFile[],
  procfile: string,
): string[] {
  const workers = files
    .filter(({ path: file }) => /^workers\/[^/]+$/.test(file))
    .map((file) => path.basename(file.path, '.ts'))
  const lines = new Map(
    procfile
      .split('\n')
      .filter(Boolean)
      .map((line) => [line.split(':')[0] ?? '', line] as const),
  )
  const names = [...new Set([...pools, ...workers, ...lines.keys()])].sort()
  return names.flatMap((name) => [
    ...(pools.includes(name) ? [] : [`src/app/pools.ts has no process "${name}"`]),
    ...(workers.includes(name) ? [] : [`there is no workers/${name}.ts`]),
    ...(lines.get(name)?.includes(`workers/${name}.ts`) ? [] : [`no line of the Procfile starts "${name}"`]),
  ])
}

interface ServedRange {
  queue: string
  minPriority?: number
  maxPriority?: number
}

/** Every queue is served, and no job of any priority by none or by two. */
export function checkServed(
  pools: Record<string, readonly ServedRange[]>,
  queues: readonly string[],
): string[] {
  const ranges = Object.values(pools).flat()
  const strangers = ranges
    .filter(({ queue }) => !queues.includes(queue))
    .map(({ queue }) => `there is no queue "${queue}"`)
  const gaps = queues.flatMap((queue) => {
    const own = ranges.filter((range) => range.queue === queue)
    return probes(own).flatMap((priority) => {
      const serving = own.filter((range) => covers(range, priority)).length
      return serving === 1 ? [] : [`${queue}: jobs of priority ${priority} are served by ${serving} pools`]
    })
  })
  return [...strangers, ...gaps]
}

function covers({ minPriority = -Infinity, maxPriority = Infinity }: ServedRange, priority: number): boolean {
  return minPriority <= priority && priority <= maxPriority
}

// Nothing changes between two borders: a look at each, and beside it, is enough.
function probes(ranges: readonly ServedRange[]): number[] {
  const borders = ranges.flatMap(({ minPriority = 0, maxPriority = 0 }) => [minPriority, maxPriority])
  return [...new Set([0, ...borders].flatMap((border) => [border - 1, border, border + 1]))].sort(
    (a, b) => a - b,
  )
}
