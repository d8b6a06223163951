import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { promises as fs } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import {
  ensureEmbeddedPostgres,
  findEmbeddedPostgres,
  stopEmbeddedPostgres,
} from '../../src/lab/embedded-postgres.ts'
import {
  ensureProgram,
  readPostmasterPid,
  readSetting,
  temporaryServerDirectory,
} from '../support/embedded.ts'
import { eventually } from '../support/eventually.ts'
import { runProgram, startProgram } from '../support/program.ts'
import { runStatement } from '../support/template.ts'

test('the server keeps what it is told, and nobody enters without the password', async () => {
  const directory = await temporaryServerDirectory()
  const { url } = await ensureEmbeddedPostgres({ directory })
  const wanted = {
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    listen_addresses: '127.0.0.1',
    max_connections: '200',
    server_encoding: 'UTF8',
    unix_socket_directories: '',
  }
  for (const [name, value] of Object.entries(wanted))
    expect([name, await readSetting(url, name)]).toEqual([name, value])
  expect((await fs.stat(path.join(directory, 'server.json'))).mode & 0o777).toBe(0o600)
  expect((await fs.stat(path.join(directory, 'data'))).mode & 0o777).toBe(0o700)
  const guess = new URL(url)
  guess.password = 'guess'
  await expect(runStatement(guess.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
})

test('the server outlives the process that started it, and is found by others until it is stopped', async () => {
  const directory = await temporaryServerDirectory()
  expect(await findEmbeddedPostgres(directory)).toBeUndefined()
  expect(await stopEmbeddedPostgres(directory)).toBe(false)
  const starter = startProgram(ensureProgram(directory), { detached: true })
  const url = (await text(starter.stdout)).trim()
  // Nothing is left in the starter's process group for a Ctrl-C in its terminal to end.
  await eventually(() => expect(() => process.kill(-(starter.pid ?? 0), 'SIGINT')).toThrow('ESRCH'))
  expect(await findEmbeddedPostgres(directory)).toBe(url)
  await runStatement(url, 'create table kept (id int)')
  expect(await stopEmbeddedPostgres(directory)).toBe(true)
  expect(await findEmbeddedPostgres(directory)).toBeUndefined()
  expect((await ensureEmbeddedPostgres({ directory })).url).toBe(url)
  await runStatement(url, 'select * from kept')
})

test('processes that start at the same moment share one server', async () => {
  const directory = await temporaryServerDirectory()
  const printed = await Promise.all(Array.from({ length: 5 }, () => runProgram(ensureProgram(directory))))
  expect(new Set(printed).size).toBe(1)
  expect((await fs.readdir(directory)).filter((name) => name.startsWith('lock'))).toEqual([])
  const log = await fs.readFile(path.join(directory, 'server.log'), 'utf8')
  expect(log.match(/starting PostgreSQL/g)).toHaveLength(1)
})

test('after kill -9 it starts again with everything that was committed', async () => {
  const directory = await temporaryServerDirectory()
  const { url } = await ensureEmbeddedPostgres({ directory })
  await runStatement(url, 'create table kept as select 1 as id')
  process.kill(await readPostmasterPid(directory), 'SIGKILL')
  await eventually(async () => (await findEmbeddedPostgres(directory)) === undefined)
  const again = await ensureEmbeddedPostgres({ directory })
  expect(await runStatement(again.url, 'select id from kept')).toEqual([{ id: 1 }])
})

test('a pid file whose number another process bears by now does not keep it from starting', async () => {
  const directory = await temporaryServerDirectory()
  await ensureEmbeddedPostgres({ directory })
  const pidFile = path.join(directory, 'data/postmaster.pid')
  const left = await fs.readFile(pidFile, 'utf8')
  await stopEmbeddedPostgres(directory)
  const stranger = await startStranger(directory)
  await fs.writeFile(pidFile, left.replace(/^\d+/, String(stranger)))
  expect(await findEmbeddedPostgres(directory)).toBeUndefined()
  expect(await stopEmbeddedPostgres(directory)).toBe(false)
  const { url } = await ensureEmbeddedPostgres({ directory })
  expect(await readPostmasterPid(directory)).not.toBe(stranger)
  await runStatement(url, 'select 1')
})

test('it moves to another port when its own is taken', async () => {
  const directory = await temporaryServerDirectory()
  const { url } = await ensureEmbeddedPostgres({ directory })
  await stopEmbeddedPostgres(directory)
  const squatter = net.createServer().listen(Number(new URL(url).port), '127.0.0.1')
  const again = await ensureEmbeddedPostgres({ directory })
  squatter.close()
  expect(new URL(again.url).port).not.toBe(new URL(url).port)
})

test('a start that fails says what the server said and what to do', async () => {
  const directory = await temporaryServerDirectory()
  await ensureEmbeddedPostgres({ directory })
  await stopEmbeddedPostgres(directory)
  await fs.appendFile(path.join(directory, 'data/postgresql.conf'), "no_such_setting = 'on'\n")
  await expect(ensureEmbeddedPostgres({ directory })).rejects.toMatchObject({
    code: 'internal',
    message: expect.stringContaining('DATABASE_URL'),
    details: expect.arrayContaining([expect.stringContaining('no_such_setting')]),
  })
})

test('a data directory that a crash left half-made is made anew', async () => {
  const directory = await temporaryServerDirectory()
  await fs.mkdir(path.join(directory, 'data.new/base'), { recursive: true })
  const { url } = await ensureEmbeddedPostgres({ directory })
  await runStatement(url, 'select 1')
})

test('data whose password has been lost are refused, not replaced', async () => {
  const directory = await temporaryServerDirectory()
  const record = path.join(directory, 'server.json')
  await ensureEmbeddedPostgres({ directory })
  await stopEmbeddedPostgres(directory)
  await fs.rename(record, `${record}.lost`)
  await expect(ensureEmbeddedPostgres({ directory })).rejects.toMatchObject({ code: 'conflict' })
  await fs.rename(`${record}.lost`, record)
  await ensureEmbeddedPostgres({ directory })
})

// Of the server's own account: only such a process makes PostgreSQL take the file for a live server's.
async function startStranger(directory: string): Promise<number | undefined> {
  const { uid, gid } = await fs.stat(path.join(directory, 'data'))
  const child = spawn('/bin/sleep', ['600'], { uid, gid, stdio: 'ignore' })
  onTestFinished(() => void child.kill())
  await once(child, 'spawn')
  return child.pid
}
