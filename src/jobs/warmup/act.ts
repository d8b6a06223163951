import { AppError } from '../../core/errors.ts'
import { isPassing } from '../../db/retry.ts'
import { moveMessages, removeMessages, setFlags } from '../../imap/change-folder.ts'
import { makeFolder } from '../../imap/ensure-folder.ts'
import { ImapError } from '../../imap/errors.ts'
import { insertWakes } from '../../sending/lane-store.ts'
import { insertOpenedEvents } from '../../warmup/event-store.ts'
import { answeredWithinMs, answerTime } from '../../warmup/human-time.ts'
import { insertReply } from '../../warmup/reply.ts'
import type { Action, FoundMessage, Step } from '../../warmup/round.ts'
import { insertInteractions, setFiled, setNotAnswered } from '../../warmup/round-store.ts'
import type { RoundRun } from './run.ts'

type Folder = FoundMessage['folder']

/**
 * Does what is due, each step first at the server and then in the database: a round that ends in between finds it done,
 * and only says so. Flags go with a message that is moved.
 */
export async function act(run: RoundRun, actions: readonly Action[]): Promise<void> {
  await flagAs(run, actions, 'read', ['\\Seen'])
  await flagAs(run, actions, 'flagged', ['\\Flagged', '$Important'])
  await rescue(run, of(actions, 'rescued'))
  await reply(run, of(actions, 'replied'))
  await file(run, of(actions, 'filed'))
}

const partition = <T>(all: readonly T[], is: (one: T) => boolean): [T[], T[]] => [
  all.filter(is),
  all.filter((one) => !is(one)),
]

const of = (actions: readonly Action[], step: Step) => actions.filter((action) => action.step === step)

/** The first of these flags that the folder keeps; a message that bears one of them is not marked a second time. */
async function flagAs(
  run: RoundRun,
  actions: readonly Action[],
  step: 'read' | 'flagged',
  flags: readonly string[],
): Promise<void> {
  for (const [folder, some] of Map.groupBy(of(actions, step), ({ message }) => message.folder)) {
    const path = pathOf(run, folder)
    if (path === undefined) continue
    const [marked, unmarked] = partition(some, ({ message }) => flags.some((flag) => message.flags.has(flag)))
    if (marked.length > 0) await record(run, marked, step)
    if (unmarked.length === 0) continue
    const refusals: string[] = []
    for (const flag of flags) {
      const done = await tried(refusals, () => setFlags(run.session, path, uidsOf(unmarked), { add: [flag] }))
      if (done) await record(run, unmarked, step)
      if (done) break
    }
    // A folder that marks nothing as important still lets messages be read and put away.
    if (refusals.length === flags.length)
      (step === 'flagged' ? run.remarks : run.problems).push(refusals[0] ?? '')
  }
}

async function rescue(run: RoundRun, actions: readonly Action[]): Promise<void> {
  const inJunk = actions.filter(({ message }) => message.folder === 'junk')
  const { junk, inbox } = run.folders
  const moved =
    inJunk.length > 0 &&
    junk !== undefined &&
    (await tried(run.problems, () => moveMessages(run.session, junk, uidsOf(inJunk), inbox)))
  const done = moved ? actions : actions.filter((action) => !inJunk.includes(action))
  await record(run, await cleared(run, done, 'junk'), 'rescued')
}

/** Takes away what a move that was cut off has left in the folder; of these actions, those that are done with that. */
async function cleared(
  { session, folders, problems }: RoundRun,
  actions: readonly Action[],
  folder: 'junk' | 'inbox',
): Promise<readonly Action[]> {
  const path = folders[folder]
  const copies = (action: Action) => action.behind.filter((copy) => copy.folder === folder)
  const uids = actions.flatMap(copies).map(({ uid }) => uid)
  if (path === undefined || uids.length === 0) return actions
  const removed = await tried(problems, () => removeMessages(session, path, uids))
  return removed ? actions : actions.filter((action) => copies(action).length === 0)
}

async function reply(run: RoundRun, actions: readonly Action[]): Promise<void> {
  for (const [nth, action] of actions.entries())
    try {
      if (await replyTo(run, action, nth)) run.room.metrics.warmupInteractions.inc({ type: 'replied' }, 1)
    } catch (error) {
      // One message that cannot be answered must not keep the others from being put away.
      if (isPassing(error)) throw error
      run.problems.push(`a message of ${action.exchange.partner} cannot be answered: ${inWords(error)}`)
    }
}

const inWords = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The answer is a row of the ledger, written with the note that there is one: twice is impossible. */
function replyTo(
  { room, place, account, now }: RoundRun,
  { exchange, message }: Action,
  nth: number,
): Promise<boolean> {
  const { messageId, references, subject, internalDate } = message
  const to = {
    tenantId: place.tenantId,
    exchangeId: exchange.id,
    references,
    subject,
    dueAt: answerTime(exchange.token, nth, now, account.seed),
    notAfter: new Date(internalDate.getTime() + answeredWithinMs),
  }
  return room.db.transaction().execute(async (trx) => {
    const isNew = await insertInteractions(trx, place, [{ exchange, type: 'replied' }], now)
    if (isNew.length === 0) return false
    const written = messageId && (await insertReply(trx, room.warmupKey, { ...to, messageId }))
    if (!written) {
      await setNotAnswered(trx, place, exchange)
      return false
    }
    await insertWakes(trx, [{ ...place, lane: 'low', at: to.dueAt }])
    return true
  })
}

async function file(run: RoundRun, actions: readonly Action[]): Promise<void> {
  const inInbox = actions.filter(({ message }) => message.folder === 'inbox')
  const filed =
    inInbox.length > 0 &&
    !run.folders.filesNothing &&
    (await tried(run.problems, async () => {
      const path = run.folders.filed ?? (await makeFolder(run.session, run.account.folder))
      await moveMessages(run.session, run.folders.inbox, uidsOf(inInbox), path)
    }))
  const moved = filed ? actions : actions.filter((action) => !inInbox.includes(action))
  const done = await cleared(run, moved, 'inbox')
  if (done.length === 0) return
  await run.room.db.transaction().execute(async (trx) => {
    await recordIn(trx, run, done, 'filed')
    const ids = done.map(({ exchange }) => exchange.id)
    await setFiled(trx, run.place, ids, run.now)
  })
}

function record(run: RoundRun, actions: readonly Action[], step: Step): Promise<void> {
  const { db } = run.room
  if (step !== 'read') return recordIn(db, run, actions, step)
  return db.transaction().execute((trx) => recordIn(trx, run, actions, step))
}

async function recordIn(
  db: Parameters<typeof insertInteractions>[0],
  { place, now, room }: RoundRun,
  actions: readonly Action[],
  step: Step,
): Promise<void> {
  const interactions = actions.map(({ exchange }) => ({ exchange, type: step }))
  const recorded = await insertInteractions(db, place, interactions, now)
  if (step === 'read') await insertOpenedEvents(db, recorded, now)
  room.metrics.warmupInteractions.inc({ type: step }, recorded.length)
}

const uidsOf = (actions: readonly Action[]) => actions.map(({ message }) => message.uid)

const pathOf = ({ folders }: RoundRun, folder: Folder): string | undefined => folders[folder]

/** A refusal of the server is noted, and the round goes on with what it does not concern; a lost connection ends it. */
async function tried(refusals: string[], change: () => Promise<void>): Promise<boolean> {
  try {
    await change()
    return true
  } catch (error) {
    const refused = error instanceof ImapError && error.kind === 'protocol'
    const impossible = error instanceof AppError && error.code === 'unsupported'
    if (!refused && !impossible) throw error
    refusals.push(error.message)
    return false
  }
}
