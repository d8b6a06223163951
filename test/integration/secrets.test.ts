import { randomBytes } from 'node:crypto'
import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
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

test('of those that find no key at the same time, one makes it and all get the same', async () => {
  const generatedKeyFile = path.join(home, 'raced', 'master.key')
  const loading = Array.from({ length: 20 }, () => loadMasterKey({ ...nothing, generatedKeyFile }))
  const keys = await Promise.all(loading)
  expect(new Set(keys.map((key) => key.export().toString('hex'))).size).toBe(1)
  expect(await fs.readdir(path.dirname(generatedKeyFile))).toEqual(['master.key'])
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
