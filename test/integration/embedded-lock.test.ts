import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { newId } from '../../src/core/ids.ts'
import { withLock } from '../../src/lab/postgres-lock.ts'
import { processIdentity } from '../../src/lab/postgres-process.ts'
import { eventually } from '../support/eventually.ts'
import { moduleUrl, runProgram, startProgram } from '../support/program.ts'

async function temporaryDirectory(): Promise<string> {
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'rookery-lock-'))
  onTestFinished(() => fs.rm(directory, { recursive: true, force: true }))
  return directory
}

const lockFile = (pid: number, identity: string) => `lock.${newId()}.${pid}.${identity}`

test('only one process at a time is inside', async () => {
  const directory = await temporaryDirectory()
  const counter = path.join(directory, 'counter')
  await fs.writeFile(counter, '0')
  // Read, pause, write: two inside at once would lose a count.
  const program = `
    import { promises as fs } from 'node:fs'
    import { setTimeout as delay } from 'node:timers/promises'
    import { withLock } from ${moduleUrl('src/lab/postgres-lock.ts')}
    for (let round = 0; round < 5; round++)
      await withLock(${JSON.stringify(directory)}, async () => {
        const count = Number(await fs.readFile(${JSON.stringify(counter)}, 'utf8'))
        await delay(2)
        await fs.writeFile(${JSON.stringify(counter)}, String(count + 1))
      })`
  await Promise.all(Array.from({ length: 4 }, () => runProgram(program)))
  expect(await fs.readFile(counter, 'utf8')).toBe('20')
  expect(await fs.readdir(directory)).toEqual(['counter'])
})

test('calls within one process take turns as well', async () => {
  const directory = await temporaryDirectory()
  let inside = 0
  const most: number[] = []
  const work = async () => {
    most.push(++inside)
    await new Promise(setImmediate)
    inside--
  }
  await Promise.all(Array.from({ length: 6 }, () => withLock(directory, work)))
  expect(most).toEqual([1, 1, 1, 1, 1, 1])
})

test('the lock of a process that was killed holds nobody up', async () => {
  const directory = await temporaryDirectory()
  const child = startProgram(`
    import { withLock } from ${moduleUrl('src/lab/postgres-lock.ts')}
    await withLock(${JSON.stringify(directory)}, () => new Promise(() => setInterval(() => {}, 1000)))`)
  await eventually(async () => (await fs.readdir(directory)).length === 1)
  child.kill('SIGKILL')
  expect(await withLock(directory, async () => 'in')).toBe('in')
  expect(await fs.readdir(directory)).toEqual([])
})

test('a lock whose number another process bears by now holds nobody up', async () => {
  const directory = await temporaryDirectory()
  await fs.writeFile(path.join(directory, lockFile(process.ppid, 'abcdef0123456789')), '')
  expect(await withLock(directory, async () => 'in')).toBe('in')
})

test('the lock of a live process is waited for', async () => {
  const directory = await temporaryDirectory()
  const held = path.join(directory, lockFile(process.ppid, (await processIdentity(process.ppid)) ?? ''))
  await fs.writeFile(held, '')
  const order: string[] = []
  const waiting = withLock(directory, async () => order.push('in'))
  await eventually(async () => (await fs.readdir(directory)).length === 2)
  order.push('released')
  await fs.rm(held)
  await waiting
  expect(order).toEqual(['released', 'in'])
})

test('work that fails gives the lock back', async () => {
  const directory = await temporaryDirectory()
  await expect(withLock(directory, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  expect(await fs.readdir(directory)).toEqual([])
})
