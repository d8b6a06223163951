import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../core/errors.ts'
import type { Db } from '../db/connect.ts'
import { countWarmup } from '../jobs/warmup/count.ts'
import {
  callRounds,
  hurryEmails,
  hurryRounds,
  passDay,
  readPlans,
  readScene,
  type SceneState,
} from '../lab/warmup-days-store.ts'
import type { WarmupProvider } from '../lab/warmup-provider.ts'
import type { PlannedDay } from '../lab/warmup-verdict.ts'
import type { WarmupWitness } from '../lab/warmup-witness.ts'
import { createLogger } from '../telemetry/log.ts'
import { drawBar } from './campaign-figures.ts'
import type { DemoScreen } from './demo-screen.ts'
import type { Stage } from './demo-stage.ts'

const stepSeconds = 30
const lookEveryMs = 50

interface Life extends Pick<Stage, 'screen' | 'signal'> {
  db: Db
  provider: WarmupProvider
  mailboxes: number
  days: number
}

const log = createLogger({ level: 'error', format: 'json', name: 'demo', output: { fd: 2 } })

/** Lets day after day go by, each as soon as nothing more is to be done on it; returns what was planned. */
export async function liveThrough(life: Life): Promise<PlannedDay[]> {
  const { db, provider, mailboxes, days, screen } = life
  const plans: PlannedDay[] = []
  for (let day = 1; day <= days; day += 1) {
    await until(life, 'every day is planned', ({ planned }) => planned === mailboxes)
    await hurryEmails(db)
    await until(life, 'what may go has gone', ({ waiting }) => waiting === 0)
    await callRounds(db)
    await until(life, 'all of it is found', ({ unseen }) => unseen === 0, callRounds)
    if (day === days)
      await until(
        life,
        'all is put away',
        ({ open, unseen, waiting }) => open + unseen + waiting === 0,
        nextHours,
      )
    await until(
      life,
      'nobody is at work',
      ({ waiting, sessions, rounds }) => waiting + sessions + rounds === 0,
      // Answers are due minutes after they were written.
      hurryEmails,
    )
    plans.push(...(await readPlans(db)).map((plan) => ({ ...plan, day })))
    await countWarmup({ db, log })
    sayDay(screen, await provider.readWitness(), day, days)
    if (day === days) break
    await provider.beginDay(day + 1)
    await passDay(db)
  }
  return plans
}

async function nextHours(db: Db): Promise<void> {
  await hurryRounds(db)
  await hurryEmails(db)
  await callRounds(db)
}

async function until(
  life: Life,
  what: string,
  isSo: (scene: SceneState) => boolean,
  urge?: (db: Db) => Promise<void>,
): Promise<void> {
  const scene = await nearlyUntil(life, isSo, urge)
  if (!isSo(scene))
    throw new AppError(
      'internal',
      `For ${stepSeconds} s it was waited in vain until ${what}: ${JSON.stringify(scene)}.`,
    )
}

/** Waits until it is so, or for as long as anybody would; urges whenever nobody is at work. */
async function nearlyUntil(
  { db, signal }: Life,
  isSo: (scene: SceneState) => boolean,
  urge: (db: Db) => Promise<void> = async () => {},
): Promise<SceneState> {
  const startedAt = performance.now()
  for (;;) {
    const scene = await readScene(db)
    if (isSo(scene) || performance.now() - startedAt > stepSeconds * 1000) return scene
    if (scene.rounds + scene.sessions === 0) await urge(db)
    await sleep(lookEveryMs, undefined, { signal })
  }
}

function sayDay(screen: DemoScreen, witness: WarmupWitness, day: number, days: number): void {
  const { posted, changes, cuts } = witness
  const figures = {
    sent: posted.length,
    answers: posted.filter(({ inReplyTo }) => inReplyTo !== undefined).length,
    'in Junk': posted.filter(({ folder }) => folder === 'Junk').length,
    rescued: changes.filter(({ what }) => what === 'Junk → INBOX').length,
    'rounds cut off': cuts,
  }
  const cells = Object.entries(figures).map(([name, count]) => [name, count.toLocaleString('en')] as const)
  const row = (pick: 0 | 1) => cells.map((cell) => cell[pick].padStart(cell[0].length + 3)).join('')
  const block = [
    '',
    `  ${row(0)}`,
    `  ${row(1)}`,
    '',
    `  ${drawBar(day, 0, days, 48)}  day ${day} of ${days}`,
  ]
  const line = cells.map(([name, count]) => `${name} ${count}`).join(', ')
  screen.progress(block, `day ${String(day).padStart(2)}: ${line}`, day === days)
}
