import { appendFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { clocksCanJump } from './fleet.ts'
import { runFaults } from './run.ts'
import { renderTable } from './table.ts'

const usage = `npm run test:faults -- [--minutes 10] [--seed 1] [--rate 50] [--every 2.4] [--json] [--progress FILE]

Real worker processes under load, with faults drawn from the seed. What the receiving side has counted is then held
against the ledger: exits 1 on any duplicate, loss or excess. --rate: emails a second that are asked for; --every: mean
seconds from one fault to the next.`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: '50' },
    every: { type: 'string', default: '2.4' },
    json: { type: 'boolean', default: false },
    progress: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(usage)
  process.exit(0)
}

const { progress } = values
if (progress) writeFileSync(progress, '')
const note = (line: string) => progress && appendFileSync(progress, `${line}\n`)
if (!clocksCanJump) note('libfaketime is not installed (Debian: faketime): no clock jumps')
const ended = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort())
const seconds = Number(values.minutes) * 60
const result = await runFaults({
  seed: Number(values.seed),
  seconds,
  everyMs: Number(values.every) * 1000,
  rate: Number(values.rate),
  leadsPerWave: 500,
  mailboxesPerTenant: 12,
  mailboxesOfHangingHost: 200,
  emailsPerCappedMailbox: 60,
  drainSeconds: 180,
  onProgress: note,
  signal: ended.signal,
})
const table = renderTable(result)
note(table)
console.log(values.json ? JSON.stringify(result) : table)
process.exit(result.problems.length > 0 ? 1 : 0)
