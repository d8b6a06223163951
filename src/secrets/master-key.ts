import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { promises as fs } from 'node:fs'
import path from 'node:path'
import { AppError } from '../core/errors.ts'

export interface MasterKeySource {
  readonly masterKey: KeyObject | undefined
  /** A file that must exist. */
  readonly masterKeyFile: string | undefined
  /** Used when neither of the others is given; made on first use. */
  readonly generatedKeyFile: string
}

const keyBytes = 32

/** The AES-256 key in a base64 text, or undefined if it is not 32 bytes. A KeyObject prints nothing of its key. */
export function parseMasterKey(base64: string): KeyObject | undefined {
  const written = base64.trim()
  if (!/^[A-Za-z0-9+/_-]+=*$/.test(written)) return undefined
  const bytes = Buffer.from(written, 'base64')
  return bytes.length === keyBytes ? createSecretKey(bytes) : undefined
}

/** Throws `invalid_config` when the key file is missing, unreadable or not a key. */
export async function loadMasterKey(source: MasterKeySource): Promise<KeyObject> {
  if (source.masterKey) return source.masterKey
  if (source.masterKeyFile) return readKeyFile(source.masterKeyFile)
  await makeKeyFileOnce(source.generatedKeyFile)
  return readKeyFile(source.generatedKeyFile)
}

async function readKeyFile(file: string): Promise<KeyObject> {
  const key = parseMasterKey(await readText(file))
  if (key) return key
  throw new AppError(
    'invalid_config',
    `The master key file ${file} must hold ${keyBytes} bytes in base64 and nothing else.`,
  )
}

async function readText(file: string): Promise<string> {
  try {
    return await fs.readFile(file, 'utf8')
  } catch (error) {
    const reason = (error as Error).message
    throw new AppError('invalid_config', `The master key file ${file} cannot be read: ${reason}.`, {
      cause: error,
    })
  }
}

/**
 * Written aside, flushed, then linked into place: of several processes that start at once, one makes the key
 * and all read the same; a crash leaves a whole file or none.
 */
async function makeKeyFileOnce(file: string): Promise<void> {
  if (await exists(file)) return
  await makeFolder(path.dirname(file))
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  await fs.writeFile(draft, `${randomBytes(keyBytes).toString('base64')}\n`, {
    mode: 0o600,
    flag: 'wx',
    flush: true,
  })
  try {
    await fs.link(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await fs.unlink(draft)
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await fs.mkdir(folder, { recursive: true })
  } catch (error) {
    const reason = (error as Error).message
    throw new AppError(
      'invalid_config',
      `There can be no directory ${folder} for the generated master key: ${reason}. Check ROOKERY_HOME.`,
      { cause: error },
    )
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await fs.access(file, fs.constants.F_OK)
    return true
  } catch {
    return false
  }
}
