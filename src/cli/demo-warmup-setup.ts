import { randomBytes } from 'node:crypto'
import type { Config } from '../app/config.ts'
import type { Db } from '../db/connect.ts'
import { enrolInWarmup } from '../jobs/warmup/change.ts'
import type { WarmupProvider } from '../lab/warmup-provider.ts'
import { defineMailbox } from '../mailboxes/definition.ts'
import { insertMailbox } from '../mailboxes/store.ts'
import { insertTenant } from '../tenants/store.ts'
import { setWarmupPool } from '../warmup/account-store.ts'
import { defineEnrolment } from '../warmup/enrolment.ts'
import { storePasswords } from './commands/mailbox-add.ts'
import { openSealer } from './session.ts'

/** Four tenants with two mailboxes each, at three providers; two domains have mailboxes of two tenants. */
export const castOfWarmup = [
  { address: 'ada@garden.test', name: 'Ada Rook', tenant: 'north', provider: 'gmail' },
  { address: 'bea@north-mail.test', name: 'Bea Holm', tenant: 'north', provider: 'outlook' },
  { address: 'cai@garden.test', name: 'Cai Lund', tenant: 'east', provider: 'gmail' },
  { address: 'dana@east-mail.test', name: 'Dana Berg', tenant: 'east', provider: 'generic' },
  { address: 'eli@harbour.test', name: 'Eli Sand', tenant: 'south', provider: 'outlook' },
  { address: 'fay@south-mail.test', name: 'Fay Moor', tenant: 'south', provider: 'gmail' },
  { address: 'gus@harbour.test', name: 'Gus Feld', tenant: 'west', provider: 'outlook' },
  { address: 'hope@west-mail.test', name: 'Hope Vale', tenant: 'west', provider: 'generic' },
] as const

/** Of what comes in, the share that each provider puts into Junk, week by week: less as the senders become known. */
export const junkShares = {
  gmail: [0.11, 0.08, 0.04],
  outlook: [0.17, 0.12, 0.07],
  generic: [0.14, 0.1, 0.05],
}

/**
 * Eight mailboxes that meet every other day cannot write to one another more often, though they answer almost everything: the
 * ceiling is their own limit, for a mailbox at the ceiling of its ramp is ready, and has no ramp any more.
 */
export const rampOfWarmup = { start: 1, step: 1, ceiling: 4, jitter: 0.15 }
const replyShare = 0.9

export const newPassword = (): string => randomBytes(18).toString('base64url')

export async function enrolCast(
  db: Db,
  config: Config,
  { smtpPort, imapPorts }: WarmupProvider,
  password: string,
): Promise<void> {
  const sealer = await openSealer(config)
  const timezone = morningZone()
  const enrolment = defineEnrolment({ ...rampOfWarmup, ceiling: 100, weekdaysOnly: false, replyShare })
  for (const [name, members] of Map.groupBy(castOfWarmup, ({ tenant }) => tenant)) {
    const tenant = await insertTenant(db, { name, timezone })
    await db.transaction().execute((trx) => setWarmupPool(trx, tenant.id, 'shared'))
    for (const { address, name: displayName, provider } of members) {
      const definition = defineMailbox({
        address,
        displayName,
        smtp: { host: '127.0.0.1', port: smtpPort },
        imap: { host: '127.0.0.1', port: imapPorts[address], username: address },
        timezone,
        dailyLimit: rampOfWarmup.ceiling,
      })
      const mailbox = await db.transaction().execute(async (trx) => {
        const inserted = await insertMailbox(trx, tenant.id, { ...definition, provider })
        await storePasswords(trx, sealer, inserted, { imap: password })
        return inserted
      })
      await enrolInWarmup(db, { tenantId: tenant.id, mailboxId: mailbox.id, actor: 'demo' }, enrolment)
    }
  }
}

/** Where a working day has just begun: all of it is still to be planned. */
function morningZone(): string {
  const ahead = (24 + 8 - new Date().getUTCHours()) % 24
  return ahead <= 12 ? `Etc/GMT-${ahead}` : `Etc/GMT+${24 - ahead}`
}
