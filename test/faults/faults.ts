import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { type CampaignKey, setCampaignPaused, setCampaignResumed } from '../../src/campaigns/store.ts'
import { untilAnswered } from '../../src/db/retry.ts'
import type { Behaviour } from '../../src/lab/smtp-behaviours.ts'
import type { FaultyDatabase } from './database.ts'
import { clocksCanJump, type Fleet, type Member } from './fleet.ts'
import { hangingServer } from './load.ts'
import type { Receiver } from './receiver.ts'

export interface FaultPorts {
  fleet: Fleet
  database: FaultyDatabase
  receiver: Receiver
  /** In [0, 1), from the seed. */
  random: () => number
}

export interface Fault {
  kind: string
  /** How many of them are in the deck. */
  cards: number
  /** Two faults of one resource are never under way at once. */
  resource: string
  /** Lasts as long as the fault; says what was done. */
  inject(ports: FaultPorts): Promise<string>
}

/** Everything that is done to the fleet. */
export const faults: readonly Fault[] = [
  kill('kill -9 of a sender', 'sending', 4),
  kill('kill -9 of a scheduler', 'scheduler', 2),
  kill('kill -9 of the inbox', 'inbox', 1),
  kill('kill -9 of the bounce worker', 'bounce', 1),
  {
    kind: 'SIGTERM of a sender in mid-session',
    cards: 2,
    resource: 'process',
    async inject({ fleet, random }) {
      one(fleet.members('sending'), random).signal('SIGTERM')
      return 'asked to stop'
    },
  },
  {
    kind: 'SIGTERM of a scheduler',
    cards: 1,
    resource: 'process',
    async inject({ fleet, random }) {
      one(fleet.members('scheduler'), random).signal('SIGTERM')
      return 'asked to stop'
    },
  },
  {
    kind: 'sender suspended past its lease',
    cards: 2,
    resource: 'suspension',
    async inject({ fleet, random }) {
      return suspend(one(fleet.members('sending'), random), 7000 + random() * 4000)
    },
  },
  {
    kind: 'scheduler suspended',
    cards: 1,
    resource: 'suspension',
    async inject({ fleet, random }) {
      return suspend(one(fleet.members('scheduler'), random), 2000 + random() * 5000)
    },
  },
  {
    kind: 'no scheduler for a while',
    cards: 1,
    resource: 'schedulers',
    async inject({ fleet, random }) {
      for (const member of fleet.members('scheduler')) member.fell('SIGKILL')
      const forMs = await wait(1500 + random() * 3000)
      for (const member of fleet.members('scheduler')) member.raise()
      return `none for ${seconds(forMs)}`
    },
  },
  {
    kind: 'one scheduler instead of two',
    cards: 1,
    resource: 'schedulers',
    async inject({ fleet, random }) {
      const member = one(fleet.members('scheduler'), random)
      member.fell('SIGTERM')
      const forMs = await wait(2000 + random() * 3000)
      member.raise()
      return `one for ${seconds(forMs)}`
    },
  },
  {
    kind: 'a wall clock jumps',
    cards: clocksCanJump ? 3 : 0,
    resource: 'clock',
    async inject({ fleet, random }) {
      const offset = Math.round((random() < 0.5 ? -1 : 1) * (5 + random() * 7200))
      const name = random() < 0.7 ? 'sending' : 'scheduler'
      const member = one(fleet.members(name), random)
      await member.setClock(offset)
      await wait(2000 + random() * 3000)
      await member.setClock(0)
      return `of ${name}, by ${offset} s and back`
    },
  },
  {
    kind: 'database stopped at once',
    cards: 2,
    resource: 'database',
    async inject({ database, random }) {
      const forMs = 100 + random() * 2500
      await database.outage(forMs)
      return `away for ${seconds(forMs)}`
    },
  },
  {
    kind: 'database unreachable past the lease',
    cards: 1,
    resource: 'database',
    async inject({ database, random }) {
      database.proxy.down()
      const forMs = await wait(1000 + random() * 7000)
      database.proxy.up()
      return `unreachable for ${seconds(forMs)}`
    },
  },
  {
    kind: 'connections to the database cut',
    cards: 3,
    resource: 'connections',
    async inject({ database, random }) {
      const share = 0.2 + random() * 0.8
      database.proxy.cut(() => random() < share)
      return `${Math.round(share * 100)} % of them`
    },
  },
  commits('COMMIT cut before it arrives', 'lose'),
  commits('COMMIT cut before its answer', 'lose answer'),
  {
    kind: 'jobs expired while their handlers run',
    cards: 2,
    resource: 'jobs',
    async inject({ database }) {
      const { rows } = await sql`
        update rookery_queue.job set started_on = started_on - interval '1 hour'
         where state = 'active' and name in ('email-sending', 'email-processing') returning 1`.execute(
        database.db,
      )
      return `${rows.length} of them`
    },
  },
  {
    kind: 'statements cancelled',
    cards: 2,
    resource: 'statements',
    async inject({ database }) {
      let cancelled = 0
      for (let n = 0; n < 20; n += 1) {
        const { rows } = await sql`
          select pg_cancel_backend(pid) from pg_stat_activity
           where state = 'active' and datname = current_database() and application_name <> 'rookery-faults'`.execute(
          database.db,
        )
        cancelled += rows.length
        await wait(20)
      }
      return `${cancelled} of them`
    },
  },
  {
    kind: 'the ledger locked',
    cards: 1,
    resource: 'database',
    async inject({ database, random }) {
      const forMs = 300 + random() * 2500
      await database.db.transaction().execute(async (trx) => {
        await sql`lock table emails in access exclusive mode`.execute(trx)
        await wait(forMs)
      })
      return `for ${seconds(forMs)}`
    },
  },
  {
    kind: 'campaigns paused and resumed',
    cards: 2,
    resource: 'campaigns',
    async inject({ database: { db }, random }) {
      const campaigns = await db
        .selectFrom('campaigns')
        .select(['tenant_id', 'id'])
        .where('status', '=', 'active')
        .execute()
      const paused: CampaignKey[] = []
      for (const campaign of campaigns)
        if (await setCampaignPaused(db, campaign, 'a fault')) paused.push(campaign)
      await wait(500 + random() * 2500)
      for (const campaign of paused)
        await untilAnswered(() => db.transaction().execute((trx) => setCampaignResumed(trx, campaign)))
      return `${paused.length} of them`
    },
  },
  smtp('SMTP dropped before the dot', 3, { at: 'body', do: 'drop' }, 0.3),
  smtp('SMTP dropped after the dot, accepted', 3, { at: 'dot', do: 'drop', keep: true }, 0.2),
  smtp('SMTP dropped after the dot, not accepted', 2, { at: 'dot', do: 'drop', keep: false }, 0.1),
  smtp('SMTP hangs after the dot, accepted', 2, { at: 'dot', do: 'hang', keep: true }, 0.1),
  smtp('SMTP dropped at RCPT', 1, { at: 'RCPT', do: 'drop' }, 0.3),
  smtp('SMTP hangs at DATA', 1, { at: 'DATA', do: 'hang' }, 0.1),
  smtp('SMTP slow after the dot', 2, { at: 'dot', do: 'delay', ms: 1500 }, 0.5),
  smtp('storm of 450 at RCPT', 2, storm('RCPT', 450, '4.7.1 Greylisted, try later'), 0.6),
  smtp('storm of 451 after the dot', 2, storm('dot', 451, '4.3.0 Temporarily rejected'), 0.6),
  {
    kind: 'a host of 200 mailboxes hangs',
    cards: 1,
    resource: 'host',
    async inject({ receiver, random }) {
      const forMs = 2000 + random() * 4000
      const behaviour: Behaviour = { at: 'connect', do: 'hang' }
      await receiver.trouble({ behaviour, share: 1, forMs, server: hangingServer })
      await wait(forMs)
      return `for ${seconds(forMs)}`
    },
  },
]

function kill(kind: string, name: Member['name'], cards: number): Fault {
  return {
    kind,
    cards,
    resource: 'process',
    async inject({ fleet, random }) {
      const member = one(fleet.members(name), random)
      const { pid } = member
      member.signal('SIGKILL')
      return `process ${pid ?? 'gone already'}`
    },
  }
}

function commits(kind: string, fate: 'lose' | 'lose answer'): Fault {
  return {
    kind,
    cards: 2,
    resource: 'commits',
    async inject({ database, random }) {
      let lost = 0
      const share = 0.1 + random() * 0.4
      database.proxy.onCommit = () => {
        if (random() >= share) return 'pass'
        lost += 1
        return fate
      }
      await wait(300 + random() * 700)
      database.proxy.onCommit = () => 'pass'
      return `${lost} of them`
    },
  }
}

function smtp(kind: string, cards: number, behaviour: Behaviour, share: number): Fault {
  return {
    kind,
    cards,
    resource: `smtp ${kind}`,
    async inject({ receiver, random }) {
      const forMs = 500 + random() * 2000
      await receiver.trouble({ behaviour, share, forMs })
      await wait(forMs)
      return `${Math.round(share * 100)} % of sessions for ${seconds(forMs)}`
    },
  }
}

function storm(at: Behaviour['at'], code: number, text: string): Behaviour {
  return { at, do: 'reply', code, text }
}

async function suspend(member: Member, forMs: number): Promise<string> {
  member.signal('SIGSTOP')
  await wait(forMs)
  member.signal('SIGCONT')
  return `for ${seconds(forMs)}`
}

function one(members: readonly Member[], random: () => number): Member {
  const member = members[Math.floor(random() * members.length)]
  if (!member) throw new Error('there is no such process in the fleet')
  return member
}

async function wait(ms: number): Promise<number> {
  await sleep(ms)
  return ms
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
