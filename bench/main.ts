import { parseArgs } from 'node:util'
import { benchBounceParsing } from './bounce.ts'
import { benchBounceActing } from './bounce-acting.ts'
import { benchPlan } from './plan.ts'
import { benchRollup } from './rollup.ts'
import { benchSend } from './send.ts'
import { benchSync } from './sync.ts'
import { benchWarmup } from './warmup.ts'

const usage = `npm run bench -- send [--emails 5000] [--mailboxes 20] [--connections 5] [--limits] [--smtp HOST:PORT] [--runs 1] [--json]
npm run bench -- plan [--leads 100000] [--runs 1] [--json]
npm run bench -- sync [--mailboxes 5000] [--messages 1] [--runs 1] [--json]
npm run bench -- warmup [--mailboxes 2000] [--messages 5] [--runs 1] [--json]
npm run bench -- rollup [--events 1000000] [--fresh 100000] [--runs 1] [--json]
npm run bench -- bounce [--reports 20000] [--acted 5000] [--runs 1] [--json]

Everything runs for real: PostgreSQL with durable commits (the embedded one, or DATABASE_URL's server), worker
processes of their own, and an SMTP sink in a process of its own unless --smtp names another. --limits: every kind of
limit is set, none is reached.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    emails: { type: 'string', default: '5000' },
    mailboxes: { type: 'string' },
    messages: { type: 'string' },
    connections: { type: 'string', default: '5' },
    events: { type: 'string', default: '1000000' },
    fresh: { type: 'string', default: '100000' },
    leads: { type: 'string', default: '100000' },
    reports: { type: 'string', default: '20000' },
    acted: { type: 'string', default: '5000' },
    limits: { type: 'boolean', default: false },
    smtp: { type: 'string' },
    runs: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const benches: Record<string, () => Promise<Record<string, unknown>>> = {
  send: () =>
    benchSend({
      emails: Number(values.emails),
      mailboxes: Number(values.mailboxes ?? 20),
      connections: Number(values.connections),
      limits: values.limits,
      smtp: values.smtp,
    }),
  plan: () => benchPlan({ leads: Number(values.leads) }),
  sync: () =>
    benchSync({ mailboxes: Number(values.mailboxes ?? 5000), messages: Number(values.messages ?? 1) }),
  warmup: () =>
    benchWarmup({ mailboxes: Number(values.mailboxes ?? 2000), messages: Number(values.messages ?? 5) }),
  rollup: () => benchRollup({ events: Number(values.events), fresh: Number(values.fresh) }),
  bounce: async () => ({
    ...benchBounceParsing({ reports: Number(values.reports) }),
    ...(await benchBounceActing({ reports: Number(values.acted) })),
  }),
}

const bench = benches[positionals[0] ?? '']
if (!bench || values.help) {
  console.log(usage)
  process.exit(values.help ? 0 : 2)
}
for (let run = 0; run < Number(values.runs); run += 1) {
  const figures = await bench()
  if (values.json) console.log(JSON.stringify(figures))
  else console.table(figures)
}
process.exit(0)
