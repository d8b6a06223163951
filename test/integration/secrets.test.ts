import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadMasterKey } from '../../src/secrets/master-key.ts'

let home: string
beforeAll(async () => {
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'rookery-secrets-'))
})
afterAll(() => fs.rm(home, { recursive: true }))

const nothing = { masterKey: undefined, masterKeyFile: undefined }

test('without a key, one is made once, readable by its owner only, and read again', async () => {
  const generatedKeyFile = path.join(home, 'deep', 'below', 'master.key')
  const first = await loadMasterKey({ ...nothing, generatedKeyFile })
  const second = await loadMasterKey({ ...nothing, generatedKeyFile })
  expect(first.equals(second)).toBe(true)
  expect((await fs.stat(generatedKeyFile)).mode & 0o777).toBe(0o600)
  expect(await fs.readdir(path.dirname(generatedKeyFile))).toEqual(['master.key'])
})

test('processes that start at once all get the same key', async () => {
  const generatedKeyFile = path.join(home, 'raced', 'master.key')
  const module = pathToFileURL(path.join(import.meta.dirname, '../../src/secrets/master-key.ts')).href
  const program = `
    import { loadMasterKey } from ${JSON.stringify(module)}
    const key = await loadMasterKey({ generatedKeyFile: ${JSON.stringify(generatedKeyFile)} })
    process.stdout.write(key.export().toString('hex'))`
  const keys = await Promise.all(Array.from({ length: 6 }, () => outputOf(program)))
  expect(new Set(keys).size).toBe(1)
  expect(keys[0]).toHaveLength(64)
})

test('a key file is read as it is given', async () => {
  const masterKeyFile = path.join(home, 'given.key')
  const bytes = randomBytes(32)
  await fs.writeFile(masterKeyFile, `${bytes.toString('base64')}\n`)
  const key = await loadMasterKey({ ...nothing, masterKeyFile, generatedKeyFile: path.join(home, 'unused') })
  expect(key.export().equals(bytes)).toBe(true)
  await expect(fs.access(path.join(home, 'unused'))).rejects.toThrow()
})

test('a missing key file is an error, never a new key', async () => {
  const masterKeyFile = path.join(home, 'absent.key')
  const loading = loadMasterKey({ ...nothing, masterKeyFile, generatedKeyFile: path.join(home, 'unused') })
  await expect(loading).rejects.toMatchObject({ code: 'invalid_config' })
  await expect(fs.access(masterKeyFile)).rejects.toThrow()
})

test('a key file that holds something else is named, and its content is not repeated', async () => {
  const masterKeyFile = path.join(home, 'short.key')
  await fs.writeFile(masterKeyFile, 'c2hvcnQga2V5')
  const loading = loadMasterKey({ ...nothing, masterKeyFile, generatedKeyFile: path.join(home, 'unused') })
  const error = await loading.catch((refused: Error) => refused)
  expect(error).toMatchObject({ code: 'invalid_config' })
  expect(String(error)).toContain('short.key')
  expect(String(error)).not.toContain('c2hvcnQga2V5')
})

async function outputOf(program: string): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program])
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')])
  return output
}
