import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable, Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Supervisor, superviseProcesses } from '../../src/app/supervisor.ts'
import { keepRunning } from '../../src/app/supervisor-child.ts'
import { createLineWriter } from '../../src/app/supervisor-output.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { eventually } from '../support/eventually.ts'

const restart = { firstDelayMs: 10, longestDelayMs: 100, healthyAfterMs: 60_000 }

let directory: string
let lines: string[]
let output: Writable & { isTTY?: boolean }
let running: Supervisor[]

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'rookery-supervisor-'))
  lines = []
  running = []
  output = new Writable({
    decodeStrings: false,
    write: (text: string, _encoding, done) => {
      lines.push(text.trimEnd())
      done()
    },
  })
})
afterEach(async () => {
  for (const supervisor of running) supervisor.stop('SIGKILL')
  await Promise.all(running.map(({ ended }) => ended))
  await rm(directory, { recursive: true })
})

const createLog = (level: 'error' | 'fatal') =>
  createLogger({ level, format: 'json', name: 'supervisor', output })

/** A worker file with this code in it; it says `ready <pid>` and stays alive unless the code ends it. */
async function writeWorker(name: string, code: string): Promise<string> {
  const file = path.join(directory, `${name}.mjs`)
  await writeFile(file, `${code}\nconsole.log('ready', process.pid)\nsetInterval(() => {}, 1000)\n`)
  return file
}

const stopsWell = `process.on('SIGTERM', () => { console.log('got SIGTERM', process.pid); process.exit(0) })`

function supervise(files: Record<string, string>) {
  const processes = Object.entries(files).map(([name, file]) => ({ name, file, env: process.env }))
  const supervisor = superviseProcesses({
    processes,
    shutdownSeconds: 5,
    output,
    log: createLog('fatal'),
    restart,
  })
  running.push(supervisor)
  return supervisor
}

const pidsSaying = (word: string) =>
  lines.filter((line) => line.startsWith(word)).map((line) => Number(line.split(' ').at(-1)))
const readyPids = (count: number) =>
  eventually(() => {
    const pids = pidsSaying('ready')
    return pids.length >= count && pids
  })

describe('a supervisor', () => {
  it('passes SIGTERM to every process and ends with 0 when they stopped well', async () => {
    const file = await writeWorker('worker', stopsWell)
    const supervisor = supervise({ 'sending.1': file, 'sending.2': file })
    const pids = await readyPids(2)
    supervisor.stop('SIGTERM')
    expect(await supervisor.ended).toBe(0)
    expect(pidsSaying('got SIGTERM').sort()).toEqual(pids.sort())
  })

  it('starts a killed process again, and leaves the other alone', async () => {
    const file = await writeWorker('worker', stopsWell)
    const supervisor = supervise({ 'sending.1': file, 'sending.2': file })
    const [killed = 0, other] = await readyPids(2)
    process.kill(killed, 'SIGKILL')
    const [, , successor] = await readyPids(3)
    supervisor.stop('SIGTERM')
    expect(await supervisor.ended).toBe(0)
    expect(pidsSaying('got SIGTERM').sort()).toEqual([other, successor].sort())
  })

  it('starts a process again that crashes time after time, and one that ends without being asked', async () => {
    supervise({
      crashing: await writeWorker('crashing', `console.log('ready', process.pid); process.exit(1)`),
    })
    await readyPids(3)
    lines.length = 0
    supervise({ ending: await writeWorker('ending', `console.log('ready', process.pid); process.exit(0)`) })
    await readyPids(3)
  })

  it('does not start a process again whose configuration is wrong', async () => {
    const wrong = await writeWorker('wrong', `console.log('wrong', process.pid); process.exit(2)`)
    expect(await supervise({ wrong }).ended).toBe(2)
    expect(pidsSaying('wrong')).toHaveLength(1)
  })

  it('can be stopped while a process waits for its restart', async () => {
    const file = await writeWorker('crashing', 'process.exit(1)')
    const child = keepRunning({
      ...{ name: 'crashing', file, env: process.env, killAfterMs: 5_000, log: createLog('error') },
      restart: { ...restart, firstDelayMs: 600_000, longestDelayMs: 600_000 },
      lines: createLineWriter(output, ['crashing']),
    })
    await eventually(() => lines.some((line) => line.includes('process.crashed')))
    child.stop('SIGTERM')
    expect(await child.ended).toBe(0)
  })

  it('kills a process that does not stop in time, and ends with 1', async () => {
    const file = await writeWorker('stubborn', `process.on('SIGTERM', () => {})`)
    const child = keepRunning({
      ...{ name: 'stubborn', file, env: process.env, killAfterMs: 50, restart, log: createLog('fatal') },
      lines: createLineWriter(output, ['stubborn']),
    })
    await readyPids(1)
    child.stop('SIGTERM')
    expect(await child.ended).toBe(1)
  })

  it('ends with 1 when a process stopped badly', async () => {
    const file = await writeWorker('bad', `process.on('SIGTERM', () => process.exit(1))`)
    const supervisor = supervise({ good: await writeWorker('good', stopsWell), bad: file })
    await readyPids(2)
    supervisor.stop('SIGTERM')
    expect(await supervisor.ended).toBe(1)
  })
})

describe('the joined output', () => {
  it('is what the processes wrote, so that JSON stays JSON', async () => {
    supervise({ json: await writeWorker('json', `console.log('{"msg":"x"}'); console.error('half'); `) })
    await readyPids(1)
    await eventually(() => lines.includes('{"msg":"x"}') && lines.includes('half'))
  })

  it('names the process of each line in its colour on a terminal', async () => {
    output.isTTY = true
    const file = await writeWorker('worker', stopsWell)
    supervise({ scheduler: file, 'sending.1': file })
    const coloured = (label: string) => new RegExp(`^\\u001b\\[\\d+m${label} \\|\\u001b\\[0m ready \\d+$`)
    await eventually(() => lines.some((line) => coloured('scheduler').test(line)))
    await eventually(() => lines.some((line) => coloured('sending.1').test(line)))
  })

  it('drops lines rather than hold up the processes when nobody reads, and says how many', async () => {
    const stalled: (() => void)[] = []
    const slow = new Writable({
      decodeStrings: false,
      write: (text: string, _, done) => {
        stalled.push(() => {
          lines.push(text)
          done()
        })
      },
    })
    const writer = createLineWriter(slow, ['flood'])
    const line = `${'x'.repeat(1024 * 1024)}\n`
    const flood = Readable.from(Array.from({ length: 12 }, () => line))
    writer.copy('flood', flood)
    await eventually(() => flood.readableEnded)
    const last = Readable.from(['end\n'])
    const drain = setInterval(() => stalled.shift()?.(), 1)
    await eventually(() => slow.writableLength === 0)
    writer.copy('flood', last)
    await eventually(() => lines.includes('end\n'))
    clearInterval(drain)
    expect(lines.filter((each) => each === line).length).toBeLessThan(12)
    expect(lines.at(-2)).toMatch(/^\(\d+ lines left out: nobody read them\)\n$/)
  })
})
