/**
 * The house plan. A room may import from itself and from rooms of lower floors, never from one beside it;
 * the edges, on the top floor, may use each other.
 */
export const floors: readonly (readonly string[])[] = [
  ['core'],
  ['db', 'imap', 'mime', 'secrets', 'smtp', 'telemetry', 'templating'],
  ['queue'],
  [
    'analytics',
    'bounces',
    'campaigns',
    'guardrails',
    'inbox',
    'leads',
    'mailboxes',
    'sending',
    'suppression',
    'tenants',
    'warmup',
    'webhooks',
    'why',
  ],
  ['jobs', 'lab'],
  ['app', 'cli', 'http'],
]

export const edges: readonly string[] = ['app', 'cli', 'http']

interface Door {
  /** Rooms of src that may import the library. */
  rooms: readonly string[]
  /** Its types may be named anywhere. */
  typesAnywhere?: boolean
}

/** Every library that src may import has one door; the lab stands outside the house. */
export const doors: Readonly<Record<string, Door | 'anywhere'>> = {
  kysely: 'anywhere',
  zod: 'anywhere',
  pg: { rooms: ['db'], typesAnywhere: true },
  'pg-boss': { rooms: ['queue'] },
  'p-limit': { rooms: ['imap', 'queue'] },
  nodemailer: { rooms: ['smtp', 'lab'] },
  'smtp-server': { rooms: ['lab'] },
  imapflow: { rooms: ['imap'] },
  mailparser: { rooms: ['mime'] },
  'hoodiecrow-imap': { rooms: ['lab'] },
  liquidjs: { rooms: ['templating'] },
  'html-to-text': { rooms: ['templating'] },
  'temporal-polyfill': { rooms: ['core'] },
  pino: { rooms: ['telemetry'] },
  'pino-pretty': { rooms: ['telemetry'] },
  'prom-client': { rooms: ['telemetry'] },
  'csv-parse': { rooms: ['leads'] },
  'pg-copy-streams': { rooms: ['leads'] },
  commander: { rooms: ['cli'] },
  'cli-progress': { rooms: ['cli'] },
  yaml: { rooms: ['campaigns'] },
  'iconv-lite': { rooms: ['mime'] },
  libmime: { rooms: ['mime'] },
}

/** Names that say where code was put, not what it is. */
export const emptyNames = /(^|-)(utils?|helpers?|common|managers?|services?|constants)$|^types$/

export const longestWorkerLines = 12
