import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type DatabaseProxy, openDatabaseProxy } from '../../support/database-proxy.ts'
import { eventually } from '../../support/eventually.ts'
import { openWorkerHome } from '../../support/worker.ts'

let database: TestDatabase
let proxy: DatabaseProxy
let home: Awaited<ReturnType<typeof openWorkerHome>>

beforeEach(async () => {
  database = await createTestDatabase()
  proxy = await openDatabaseProxy(database.url)
  home = await openWorkerHome(proxy.url, { ROOKERY_LOG_FORMAT: 'json' })
})

afterEach(async () => {
  await home.close()
  await proxy.close()
  await database.close()
})

test('a process that loses the database while it starts says so, exit code 3', async () => {
  proxy.cutsAt = (message) => message.includes('rookery_queue.schedule')
  const worker = home.start('scheduler')
  await eventually(() => worker.output().includes('database'), { timeoutMs: 60_000 })
  expect(await worker.ended).toBe(3)
  expect(worker.output()).toMatch(/^rookery scheduler: The connection to the database was lost/m)
})

test.each(['scheduler', 'sending'] as const)(
  'the %s says once that the database is away, and once that it is back',
  async (name) => {
    const worker = home.start(name)
    const count = (line: string) => worker.output().split(`"msg":"${line}"`).length - 1
    await eventually(() => count('process.started') === 1, { timeoutMs: 60_000 })
    proxy.down()
    await eventually(() => count('database.away') === 1, { timeoutMs: 60_000 })
    // Everything that asks every 50 ms has been refused many times by then.
    const before = proxy.refused
    await eventually(() => proxy.refused >= before + 20, { timeoutMs: 30_000 })
    proxy.up()
    await eventually(() => count('database.back') === 1, { timeoutMs: 60_000 })
    expect(await worker.end('SIGTERM')).toBe(0)
    expect([count('database.away'), count('pool.failed'), count('scheduler.failed')]).toEqual([1, 0, 0])
  },
)
