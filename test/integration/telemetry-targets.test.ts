import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { registerTarget } from '../../src/telemetry/targets.ts'

const module = path.resolve(import.meta.dirname, '../../src/telemetry/targets.ts')
/** Registers and leaves in turn, once for each line it is told. */
const member = `
  import { createInterface } from 'node:readline'
  import { registerTarget } from ${JSON.stringify(module)}
  const [file, port] = process.argv.slice(-2)
  const target = { host: '127.0.0.1', port: Number(port), process: 'sending', pid: process.pid }
  let registration
  console.log('started')
  for await (const _ of createInterface({ input: process.stdin })) {
    registration = registration ? await registration.remove() : await registerTarget(file, target)
    console.log('done')
  }
`

let directory: string
let file: string
let members: Member[] = []

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'rookery-targets-'))
  file = path.join(directory, 'home', 'targets.json')
  members = []
})
afterEach(async () => {
  for (const { child } of members) child.kill('SIGKILL')
  await rm(directory, { recursive: true })
})

interface Member {
  child: ChildProcess
  pid: number
  /** Resolves when it has done what it was told. */
  tell(): Promise<void>
}

async function startMember(port: number): Promise<Member> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', member, '--', file, `${port}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const tell = async () => {
    child.stdin.write('go\n')
    await once(child.stdout, 'data')
  }
  await once(child.stdout, 'data')
  const started = { child, tell, pid: child.pid ?? 0 }
  members.push(started)
  return started
}

interface Group {
  targets: string[]
  labels: Record<string, string>
}
const readTargets = async () => JSON.parse(await readFile(file, 'utf8')) as Group[]
const listedPids = async () => (await readTargets()).map(({ labels }) => Number(labels.pid)).sort()
const pidsOf = (some: { pid: number }[]) => some.map(({ pid }) => pid).sort()

it('lists three processes that register at the same moment, and none after they left together', async () => {
  const three = await Promise.all([9001, 9002, 9003].map(startMember))
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(three.map(({ tell }) => tell()))
    expect(await listedPids()).toEqual(pidsOf(three))
    await Promise.all(three.map(({ tell }) => tell()))
    expect(await readTargets()).toEqual([])
  }
})

it('carries the labels that tell processes of one host apart', async () => {
  await registerTarget(file, { host: '127.0.0.1', port: 9464, process: 'sending', pid: process.pid })
  expect(await readTargets()).toEqual([
    { targets: ['127.0.0.1:9464'], labels: { job: 'rookery', process: 'sending', pid: `${process.pid}` } },
  ])
})

it('is never seen half written', async () => {
  const target = (port: number) => ({ host: '127.0.0.1', port, process: 'sending', pid: process.pid })
  await registerTarget(file, target(1))
  let writing = true
  const writes = (async () => {
    for (let port = 2; port < 100; port += 1) await registerTarget(file, target(port))
    writing = false
  })()
  while (writing) expect(await readTargets()).toHaveLength(1)
  await writes
})

it('drops a process that died without a word when the next one registers', async () => {
  const dead = await startMember(9001)
  await dead.tell()
  dead.child.kill('SIGKILL')
  await once(dead.child, 'exit')
  expect(await listedPids()).toEqual([dead.pid])
  const next = await startMember(9002)
  await next.tell()
  expect(await listedPids()).toEqual([next.pid])
})

it('lists a process that listens on every interface under the name of its host', async () => {
  await registerTarget(file, { host: '0.0.0.0', port: 9464, process: 'scheduler', pid: process.pid })
  expect((await readTargets()).map(({ targets }) => targets)).toEqual([[`${hostname()}:9464`]])
})
