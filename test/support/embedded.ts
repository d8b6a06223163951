import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { stopEmbeddedPostgres } from '../../src/lab/embedded-postgres.ts'
import { moduleUrl } from './program.ts'
import { runStatement } from './template.ts'

/** A directory for an embedded server; when the test is over the server is stopped and the directory removed. */
export async function temporaryServerDirectory(): Promise<string> {
  const parent = await fs.mkdtemp(path.join(os.tmpdir(), 'rookery-embedded-'))
  await fs.chmod(parent, 0o755)
  const directory = path.join(parent, 'a place with spaces', 'postgres')
  onTestFinished(async () => {
    await stopEmbeddedPostgres(directory)
    await fs.rm(parent, { recursive: true, force: true })
  })
  return directory
}

/** A program that brings the server up and prints its url. */
export function ensureProgram(directory: string, root?: string): string {
  return `
    import { ensureEmbeddedPostgres } from ${moduleUrl('src/lab/embedded-postgres.ts', root)}
    const { url } = await ensureEmbeddedPostgres({ directory: ${JSON.stringify(directory)} })
    console.log(url)`
}

/** The postmaster's number as its pid file has it. */
export async function readPostmasterPid(directory: string): Promise<number> {
  return Number.parseInt(await fs.readFile(path.join(directory, 'data/postmaster.pid'), 'utf8'), 10)
}

export async function readSetting(url: string, name: string): Promise<string | undefined> {
  const [row] = await runStatement(url, `select current_setting('${name}') as value`)
  return row?.value
}
