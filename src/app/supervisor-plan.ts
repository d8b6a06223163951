import { AppError } from '../core/errors.ts'

export interface ProcessSpec {
  /** `scheduler`, or `sending.2` where a pool has several processes. */
  name: string
  pool: string
}

const mostProcesses = 64

/**
 * Reads what the operator asked for (`scheduler`, `sending=3`) into processes; nothing asked for is one of each.
 * Throws `invalid_input` that lists every wrong word.
 */
export function planProcesses(words: readonly string[], pools: readonly string[]): ProcessSpec[] {
  const wanted = new Map<string, number>()
  const problems: string[] = []
  for (const word of words.length > 0 ? words : pools) {
    const [pool = '', count = '1', ...rest] = word.split('=')
    const problem = findProblem(pool, count, pools) ?? (wanted.has(pool) ? 'is named twice' : undefined)
    if (problem || rest.length > 0) problems.push(`"${word}" ${problem ?? 'is not pool=count'}.`)
    wanted.set(pool, Number(count))
  }
  if (problems.length > 0)
    throw new AppError('invalid_input', 'These processes cannot be started.', { details: problems })
  return [...wanted].flatMap(([pool, count]) => nameProcesses(pool, count))
}

function findProblem(pool: string, count: string, pools: readonly string[]): string | undefined {
  if (!pools.includes(pool)) return `is not a pool: there are ${pools.join(', ')}`
  if (!/^[1-9]\d*$/.test(count) || Number(count) > mostProcesses)
    return `must ask for 1 to ${mostProcesses} processes`
  return undefined
}

function nameProcesses(pool: string, count: number): ProcessSpec[] {
  if (count === 1) return [{ name: pool, pool }]
  return Array.from({ length: count }, (_, index) => ({ name: `${pool}.${index + 1}`, pool }))
}
