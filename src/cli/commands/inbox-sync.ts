import type { Config } from '../../app/config.ts'
import { AppError } from '../../core/errors.ts'
import { setSyncSucceeded } from '../../inbox/sync-store.ts'
import { loadSyncedMailbox } from '../../jobs/inbox/mailbox.ts'
import { createInboxRoom, type InboxRoom } from '../../jobs/inbox/room.ts'
import { type SyncResult, syncMailbox } from '../../jobs/inbox/sync-mailbox.ts'
import { closeQueue, openQueue } from '../../queue/boss.ts'
import { loadMasterKey } from '../../secrets/master-key.ts'
import { createSealer } from '../../secrets/sealer.ts'
import { createLogger } from '../../telemetry/log.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { warmupKey } from '../../warmup/token.ts'
import type { TenantOptions } from '../options.ts'
import { formatCount, print } from '../output.ts'
import { resolveMailbox, resolveTenant, type Session, withDatabase } from '../session.ts'

/** Reads the mailbox in this process: no worker is needed, and one that reads it at the same time does no harm. */
export async function syncNow(address: string, options: TenantOptions): Promise<void> {
  const messages = await withDatabase(async (session) => {
    const tenant = await resolveTenant(session.db, options.tenant)
    const { id: mailboxId } = await resolveMailbox(session.db, tenant.id, address)
    return withRoom(session, (room) => readAll(room, { tenantId: tenant.id, mailboxId }, address))
  })
  const { known: _, ...fresh } = messages
  const count = Object.values(fresh).reduce((total, of) => total + of, 0)
  const types = Object.entries(fresh).map(([type, of]) => `${of} ${type.replace('_', ' ')}`)
  print({ address, messages: fresh }, options, () =>
    count === 0
      ? `${address}: nothing new.`
      : `${address}: ${formatCount(count, 'message')} (${types.join(', ')}).`,
  )
}

async function withRoom<T>(session: Session, work: (room: InboxRoom) => Promise<T>): Promise<T> {
  const { db, pool, config } = session
  const log = createLogger({ level: 'fatal', format: 'json', name: 'rookery', output: { fd: 2 } })
  const queue = await openQueue(pool, {
    ...queueOptions(config),
    onError: (err) => log.warn({ err }, 'queue.failed'),
  })
  const metrics = createMetrics({ process: 'cli', version: '0' })
  const masterKey = await loadMasterKey(config.secrets)
  const ports = { db, queue, log, metrics, sealer: createSealer(masterKey), warmupKey: warmupKey(masterKey) }
  try {
    const options = { ...config.inbox, ...config.reconcile }
    return await work(createInboxRoom(ports, options))
  } finally {
    await closeQueue(queue)
  }
}

const queueOptions = ({ database, queue }: Config) => ({
  schema: database.queueSchema,
  supervise: false,
  superviseIntervalSeconds: queue.superviseSeconds,
  monitorIntervalSeconds: queue.monitorSeconds,
})

async function readAll(
  room: InboxRoom,
  ref: { tenantId: string; mailboxId: string },
  address: string,
): Promise<SyncResult['messages']> {
  const mailbox = await loadSyncedMailbox(room.db, room.sealer, ref)
  if (!mailbox) throw new AppError('invalid_input', `${address} has no IMAP server. Add it with --imap-host.`)
  const { signal } = new AbortController()
  const totals: SyncResult['messages'] = {}
  for (;;) {
    const { messages, more, failure, warning } = await syncMailbox(room, mailbox, {
      signal,
      suspicious: false,
    })
    for (const type of Object.keys(messages) as (keyof typeof messages)[])
      totals[type] = (totals[type] ?? 0) + (messages[type] ?? 0)
    if (failure)
      throw new AppError('conflict', `${address} could not be read: ${failure.message}`, { cause: failure })
    if (more) continue
    await setSyncSucceeded(room.db, mailbox, warning)
    return totals
  }
}
