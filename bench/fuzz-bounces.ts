import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parseReport } from '../src/bounces/parse-report.ts'
import { mutants } from '../test/unit/bounces/mutants.ts'

/**
 * Parses damaged reports and counts what must not happen: a reader that fails, a message over 250 ms, a heap that grows.
 * Usage: `node bench/fuzz-bounces.ts [count] [seed]`; exits with 1 when one of them happened.
 */
const maxMs = 250
const maxHeapGrowthBytes = 32 * 1024 * 1024

const count = Number(process.argv[2] ?? 200_000)
const seed = Number(process.argv[3] ?? 1)

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heapBytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

/** Of up to three runs: a message that is slow once was interrupted, one that is slow each time is slow. */
function fastestMs(message: Buffer): number {
  let fastest = Number.POSITIVE_INFINITY
  for (let run = 0; run < 3 && fastest > maxMs; run += 1) {
    const began = performance.now()
    parseReport(message)
    fastest = Math.min(fastest, performance.now() - began)
  }
  return fastest
}

const types = new Map<string, number>()
let failures = 0
let slow = 0
let slowestMs = 0
let done = 0
let heapAtStart = 0
const start = performance.now()
for (const mutant of mutants(count, seed)) {
  const verdict = parseReport(mutant)
  const ms = fastestMs(mutant)
  slowestMs = Math.max(slowestMs, ms)
  if (ms > maxMs) slow += 1
  if (verdict.why?.startsWith('the reader failed')) failures += 1
  types.set(verdict.type, (types.get(verdict.type) ?? 0) + 1)
  done += 1
  // The rules compile at their first use: what counts is growth after that.
  if (done === Math.min(5000, count)) heapAtStart = heapBytes()
}

const heapGrowthBytes = heapBytes() - heapAtStart
const result = {
  inputs: done,
  seed,
  failures,
  slow,
  slowestMs: Math.round(slowestMs),
  heapGrowthBytes,
  seconds: Math.round((performance.now() - start) / 1000),
  types: Object.fromEntries(types),
}
console.log(JSON.stringify(result))
process.exitCode = failures > 0 || slow > 0 || heapGrowthBytes > maxHeapGrowthBytes ? 1 : 0
