import { promises as fs } from 'node:fs'
import path from 'node:path'
import type { OpenDatabase } from '../app/database.ts'
import { type DemoConfig, nearPath, readDemoConfig, startDemoFleet } from '../app/demo-fleet.ts'
import { AppError } from '../core/errors.ts'
import { renewDatabase } from '../lab/demo-database.ts'
import { ensureEmbeddedPostgres, stopEmbeddedPostgres } from '../lab/embedded-postgres.ts'
import type { DemoScreen } from './demo-screen.ts'
import { openDemoDatabase } from './demo-setup.ts'

export type Cleanups = (() => Promise<unknown>)[]

/** What every scene of the demo stands on. */
export interface Stage {
  demo: DemoConfig
  screen: DemoScreen
  signal: AbortSignal
  /** Of all that was started, to be run in reverse. */
  cleanups: Cleanups
  url: string
  database: OpenDatabase
}

/** Starts the demo's PostgreSQL, with an empty database that has been migrated; throws `conflict` while another demo uses it. */
export async function setStage(screen: DemoScreen, signal: AbortSignal, cleanups: Cleanups): Promise<Stage> {
  const demo = readDemoConfig()
  const url = await startDatabase(demo, screen, cleanups)
  signal.throwIfAborted()
  const database = await screen.step(
    'Creating tables and queues',
    () => openDemoDatabase(demo.config, url),
    () => 'Tables and queues created',
  )
  cleanups.push(() => database.close())
  return { demo, screen, signal, cleanups, url, database }
}

async function startDatabase(
  { config }: DemoConfig,
  screen: DemoScreen,
  cleanups: Cleanups,
): Promise<string> {
  const directory = path.join(config.home, 'postgres')
  await fs.mkdir(config.home, { recursive: true, mode: 0o711 })
  return screen.step(
    'Starting PostgreSQL',
    async () => {
      const { url } = await ensureEmbeddedPostgres({ directory })
      const renewed = await renewDatabase(url)
      cleanups.push(
        () => stopEmbeddedPostgres(directory),
        () => renewed.release(),
      )
      return url
    },
    () => `PostgreSQL runs, with an empty database, in ${nearPath(directory)}`,
  )
}

/** The workers of one scene; `died` rejects when they end before they are told to. */
export function startWorkers(
  { demo: { config, environment }, url, cleanups }: Stage,
  workers: Parameters<typeof startDemoFleet>[4],
  log: string,
): { died: Promise<never>; stop(): Promise<void> } {
  const logFile = path.join(config.home, log)
  const fleet = startDemoFleet(config, environment, url, logFile, workers)
  cleanups.push(() => fleet.stop())
  const died = fleet.ended.then((): never => {
    throw new AppError('internal', `The worker processes have ended. What they said: ${logFile}`)
  })
  return { died, stop: () => fleet.stop() }
}
