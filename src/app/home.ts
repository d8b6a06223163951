import { promises as fs } from 'node:fs'
import { AppError } from '../core/errors.ts'

/** Makes the directory of what this machine keeps; throws `invalid_config` where there can be none. */
export async function assertHome(home: string): Promise<void> {
  try {
    // Others may pass through: the embedded PostgreSQL may run under an account of its own.
    await fs.mkdir(home, { recursive: true, mode: 0o711 })
  } catch (error) {
    const reason = (error as Error).message
    throw new AppError('invalid_config', `ROOKERY_HOME, ${home}, cannot be a directory: ${reason}.`, {
      cause: error,
    })
  }
}
