import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { startFailingProxy } from './supervisor-failing-proxy.ts'

const root = path.resolve(import.meta.dirname, '../..')

let database: TestDatabase
let home: string
let started: Started[]

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'rookery-fleet-'))
  started = []
})
afterEach(async () => {
  for (const { child } of started) child.kill('SIGKILL')
  await eventually(async () => (await listTargets()).every(({ labels }) => !isAlive(Number(labels.pid))))
  await rm(home, { recursive: true, force: true })
})

interface Started {
  child: ChildProcess
  ended: Promise<number | null>
  output(): string
}

/** Runs a file of ours as a process, as an operator would. */
function run(words: string[], env: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(process.execPath, words, {
    cwd: root,
    env: { ...process.env, DATABASE_URL: database.url, ROOKERY_HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const process_ = { child, ended, output: () => output }
  started.push(process_)
  return process_
}

interface Listed {
  targets: string[]
  labels: { process: string; pid: string }
}
async function listTargets(): Promise<Listed[]> {
  const text = await readFile(path.join(home, 'targets.json'), 'utf8').catch(() => '[]')
  return JSON.parse(text)
}

/** The processes that are listed and ready. */
async function readyPids(name: string): Promise<number[]> {
  const listed = (await listTargets()).filter(({ labels }) => labels.process === name)
  const answers = await Promise.all(
    listed.map(({ targets }) => fetch(`http://${targets[0]}/readyz`).catch(() => undefined)),
  )
  return listed.filter((_, index) => answers[index]?.status === 200).map(({ labels }) => Number(labels.pid))
}

const awaitReady = (name: string, count: number, except: number[] = []) =>
  eventually(
    async () => {
      const pids = (await readyPids(name)).filter((pid) => !except.includes(pid))
      return pids.length === count && pids
    },
    { timeoutMs: 30_000 },
  )

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('rookery start', () => {
  it('runs the fleet, replaces a killed process, and stops it all with 0 on SIGTERM', async () => {
    const fleet = run(['src/cli/main.ts', 'start', 'scheduler', 'sending=2'])
    await awaitReady('scheduler', 1)
    const [first = 0, second = 0] = await awaitReady('sending', 2)
    process.kill(first, 'SIGKILL')
    await awaitReady('sending', 1, [first, second])
    fleet.child.kill('SIGTERM')
    expect(await fleet.ended).toBe(0)
    expect(await listTargets()).toEqual([])
  })

  it('leaves no process behind when it is killed itself', async () => {
    const fleet = run(['src/cli/main.ts', 'start', 'scheduler', 'sending'])
    const pids = [...(await awaitReady('scheduler', 1)), ...(await awaitReady('sending', 1))]
    fleet.child.kill('SIGKILL')
    await eventually(() => pids.every((pid) => !isAlive(pid)))
    expect(await listTargets()).toEqual([])
  })

  it('refuses an unknown pool with 2', async () => {
    const fleet = run(['src/cli/main.ts', 'start', 'sendin'])
    expect(await fleet.ended).toBe(2)
    expect(fleet.output()).toContain(
      '"sendin" is not a pool: there are analytics, bounce, inbox, scheduler, sending, warmup.',
    )
  })
})

describe('a worker process', () => {
  it('names every wrong variable and ends with 2', async () => {
    const worker = run(['workers/sending.ts'], { ROOKERY_LOG_LEVEL: 'loud', ROOKERY_METRICS_PORT: 'x' })
    expect(await worker.ended).toBe(2)
    expect(worker.output()).toMatch(/ROOKERY_LOG_LEVEL must be .*\n.*ROOKERY_METRICS_PORT must be /)
  })

  it('says in a sentence that the database is unreachable, without its password, and ends with 3', async () => {
    const worker = run(['workers/sending.ts'], {
      DATABASE_URL: 'postgres://rookery:hunter2@127.0.0.1:1/rookery',
    })
    expect(await worker.ended).toBe(3)
    expect(worker.output()).toMatch(
      /^rookery sending: The database at 127\.0\.0\.1:1\/rookery cannot be reached: .*\n$/,
    )
  })

  it('says which port is taken', async () => {
    run(['workers/sending.ts'])
    await awaitReady('sending', 1)
    const port = new URL(`http://${(await listTargets())[0]?.targets[0]}`).port
    const second = run(['workers/sending.ts'], { ROOKERY_METRICS_PORT: port })
    expect(await second.ended).toBe(1)
    expect(second.output()).toContain(`Metrics cannot be served at 127.0.0.1:${port}`)
  })

  it('stays alive but is not ready while the database does not answer, and ends with 1 when stopping takes too long', async () => {
    const proxy = await startFailingProxy(database.url)
    const worker = run(['workers/scheduler.ts'], { DATABASE_URL: proxy.url, ROOKERY_SHUTDOWN_SECONDS: '1' })
    await awaitReady('scheduler', 1)
    const [listed] = await listTargets()
    await proxy.stall()
    const ready = await fetch(`http://${listed?.targets[0]}/readyz`)
    expect(ready.status).toBe(503)
    expect((await fetch(`http://${listed?.targets[0]}/healthz`)).status).toBe(200)
    worker.child.kill('SIGTERM')
    expect(await worker.ended).toBe(1)
    expect(worker.output()).toContain('shutdown took too long')
    await proxy.close()
  })

  it('waits for a database that goes away while it runs', async () => {
    const proxy = await startFailingProxy(database.url)
    run(['workers/sending.ts'], { DATABASE_URL: proxy.url })
    const pids = await awaitReady('sending', 1)
    await proxy.cut()
    await awaitReady('sending', 0)
    await proxy.mend()
    expect(await awaitReady('sending', 1)).toEqual(pids)
    await proxy.close()
  })

  it('ends at once with 1 on a second signal', async () => {
    const proxy = await startFailingProxy(database.url)
    const worker = run(['workers/scheduler.ts'], { DATABASE_URL: proxy.url, ROOKERY_SHUTDOWN_SECONDS: '600' })
    await awaitReady('scheduler', 1)
    await proxy.stall()
    worker.child.kill('SIGTERM')
    await eventually(() => worker.output().includes('process.stopping'))
    worker.child.kill('SIGINT')
    expect(await worker.ended).toBe(1)
    await proxy.close()
  })
})
