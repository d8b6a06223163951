import { once } from 'node:events'
import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { startThrowawayPostgres } from '../../src/lab/postgres-throwaway.ts'
import { readSetting } from '../support/embedded.ts'
import { eventually } from '../support/eventually.ts'
import { moduleUrl, startProgram } from '../support/program.ts'
import { runStatement } from '../support/template.ts'

test('a throwaway server does not wait for the disk, and stopping it removes it', async () => {
  const { url, stop } = await startThrowawayPostgres()
  expect(await readSetting(url, 'fsync')).toBe('off')
  const home = path.dirname((await readSetting(url, 'data_directory')) ?? '')
  await stop()
  await expect(runStatement(url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await expect(fs.access(home)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('nothing of it is left when its process is killed before the server is up', async () => {
  const TMPDIR = await fs.mkdtemp(path.join(os.tmpdir(), 'rookery-throwaway-'))
  onTestFinished(() => fs.rm(TMPDIR, { recursive: true, force: true }))
  await fs.chmod(TMPDIR, 0o711)
  const child = startProgram(
    `import { startThrowawayPostgres } from ${moduleUrl('src/lab/postgres-throwaway.ts')}
    await startThrowawayPostgres()`,
    { env: { ...process.env, TMPDIR } },
  )
  const begun = async () => {
    const [home] = await fs.readdir(TMPDIR)
    return home !== undefined && (await fs.readdir(path.join(TMPDIR, home))).includes('data.new')
  }
  await eventually(begun, { intervalMs: 1 })
  child.kill('SIGKILL')
  await eventually(async () => expect(await fs.readdir(TMPDIR)).toEqual([]))
})

test('nothing of it is left when the process that started it is killed', async () => {
  const child = startProgram(`
    import { startThrowawayPostgres } from ${moduleUrl('src/lab/postgres-throwaway.ts')}
    console.log((await startThrowawayPostgres()).url)
    setInterval(() => {}, 1000)`)
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string]
  const home = path.dirname((await readSetting(url, 'data_directory')) ?? '')
  child.kill('SIGKILL')
  await eventually(() => expect(fs.access(home)).rejects.toMatchObject({ code: 'ENOENT' }))
  await expect(runStatement(url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})
