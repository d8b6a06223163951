import { promises as fs } from 'node:fs'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findEmbeddedPostgres, stopEmbeddedPostgres } from '../../src/lab/embedded-postgres.ts'
import { shelterOf } from '../../src/lab/postgres-shelter.ts'
import { temporaryProject } from '../support/closed-project.ts'
import { ensureProgram, readSetting } from '../support/embedded.ts'
import { runProgram } from '../support/program.ts'
import { runStatement } from '../support/template.ts'

const isRoot = process.getuid?.() === 0

interface Closed {
  directory: string
  home: string
  /** Brings the server up and returns its url. */
  ensure(): Promise<string>
}

/** A server directory in a project that only root can enter, the way a clone below /root is. */
async function closedProject(): Promise<Closed> {
  const project = await temporaryProject({ mode: 0o700, binaries: true })
  const directory = path.join(project, '.rookery/postgres')
  const home = shelterOf(directory)
  onTestFinished(async () => {
    await stopEmbeddedPostgres(directory)
    await fs.rm(home, { recursive: true, force: true })
  })
  const ensure = async () => (await runProgram(ensureProgram(directory, project))).trim()
  return { directory, home, ensure }
}

test.runIf(isRoot)('root runs it from a directory that only root can enter', async () => {
  const { directory, home, ensure } = await closedProject()
  const url = await ensure()
  expect(await readSetting(url, 'data_directory')).toBe(path.join(home, 'data'))
  expect((await fs.stat(path.join(directory, 'server.json'))).mode & 0o777).toBe(0o600)
  expect(await fs.readdir(home)).toContainEqual(expect.stringMatching(/^postgresql-\d/))

  // Opened up later, the directory still means the same data.
  await runStatement(url, 'create table kept (id int)')
  await stopEmbeddedPostgres(directory)
  await fs.chmod(path.join(directory, '../../..'), 0o755)
  await runStatement(await ensure(), 'select * from kept')
})

test.runIf(isRoot)(
  'where its directory was removed, a new one begins empty and the old data are set aside',
  async () => {
    const { directory, home, ensure } = await closedProject()
    const old = await ensure()
    await runStatement(old, 'create table kept (id int)')
    await fs.rm(directory, { recursive: true })
    const url = await ensure()
    await expect(runStatement(url, 'select * from kept')).rejects.toMatchObject({ code: '42P01' })
    await expect(runStatement(old, 'select 1')).rejects.toThrow()
    const aside = (await fs.readdir(path.dirname(home))).filter((name) =>
      name.startsWith(`${path.basename(home)}-set`),
    )
    expect(aside).toHaveLength(1)
    for (const name of aside) await fs.rm(path.join(path.dirname(home), name), { recursive: true })
    expect(await findEmbeddedPostgres(directory)).toBe(url)
  },
)

test.runIf(isRoot)('a server whose temporary directory is gone is removed when another is made', async () => {
  const gone = await closedProject()
  const old = await gone.ensure()
  await fs.rm(gone.directory, { recursive: true })
  await (await closedProject()).ensure()
  await expect(runStatement(old, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await expect(fs.access(gone.home)).rejects.toMatchObject({ code: 'ENOENT' })
})
