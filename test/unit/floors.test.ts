import { promises as fs } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { pools } from '../../src/app/pools.ts'
import { queueNames } from '../../src/queue/catalogue.ts'
import {
  checkCycles,
  checkDoors,
  checkEnvironment,
  checkFloors,
  checkMigrations,
  checkNames,
  checkRawSql,
  checkWorkers,
} from '../support/floors.ts'
import { doors } from '../support/floors-plan.ts'
import { checkProcesses, checkServed } from '../support/floors-pools.ts'
import { readSources, type SourceFile } from '../support/floors-source.ts'
import { checkFloatingOperations, checkSideEffects } from '../support/floors-statements.ts'

const root = path.join(import.meta.dirname, '../..')
const sources = await readSources()

type Check = (files: readonly SourceFile[]) => string[]

/** Each rule with small trees that break it, and what it then says; and one that does not. */
const rules: [
  rule: string,
  check: Check,
  breaches: Record<string, [file: string, text: string, says: string]>,
][] = [
  [
    'imports only go down, and never sideways between rooms',
    checkFloors,
    {
      'a door that imports a feature': ['src/smtp/a.ts', "import { b } from '../sending/b.ts'", 'upwards'],
      'a type that comes from above': ['src/core/a.ts', "import type { B } from '../db/b.ts'", 'upwards'],
      'a feature that imports another': ['src/sending/a.ts', "import { b } from '../leads/b.ts'", 'sideways'],
      'a job that imports the lab': ['src/jobs/a.ts', "import { b } from '../lab/b.ts'", 'sideways'],
      'a late import': ['src/core/a.ts', "const b = await import('../app/b.ts')", 'upwards'],
      'an import over several lines': ['src/core/a.ts', "import {\n  b,\n} from '../db/b.ts'", 'upwards'],
      'a re-export': ['src/core/a.ts', "export * from '../db/b.ts'", 'upwards'],
      'a room that is not in the plan': ['src/attic/a.ts', "import { b } from '../core/b.ts'", 'attic'],
      'a test taken into the product': ['src/app/a.ts', "import { b } from '../../test/b.ts'", 'outside src'],
    },
  ],
  [
    'no file imports itself through others',
    checkCycles,
    { 'a file that imports itself': ['src/core/a.ts', "import { a } from './a.ts'", 'a.ts → src/core/a.ts'] },
  ],
  [
    'each library has one door',
    checkDoors,
    {
      'the queue library in a job': ['src/jobs/a.ts', "import { PgBoss } from 'pg-boss'", 'src/queue'],
      'a deep import': ['src/jobs/a.ts', "import m from 'nodemailer/lib/mail-composer'", 'src/smtp'],
      'a library without a door': ['src/core/a.ts', "import { map } from 'lodash'", 'no door'],
      'the driver itself, not its types': ['src/sending/a.ts', "import pg from 'pg'", 'src/db'],
    },
  ],
  [
    'raw sql stands in stores',
    checkRawSql,
    { 'a decision with a query': ['src/sending/decide.ts', "import { sql } from 'kysely'", 'not a store'] },
  ],
  [
    'migrations are frozen in time',
    checkMigrations,
    {
      'one that imports from src': ['migrations/0001_a.ts', "import { a } from '../src/core/a.ts'", 'frozen'],
    },
  ],
  [
    'workers are short and know src/app only',
    checkWorkers,
    {
      'one that does its own wiring': ['workers/a.ts', "import { b } from '../src/queue/b.ts'", 'src/app'],
      'one of 13 lines': ['workers/a.ts', 'run()\n'.repeat(13), 'more than 12'],
    },
  ],
  [
    'only src/app reads the environment',
    checkEnvironment,
    {
      'a feature with a setting': ['src/sending/a.ts', 'const a = process.env.A', 'only src/app'],
      'a worker with a setting': ['workers/a.ts', 'run(process.env.A)', 'only src/app'],
      'the named import': ['src/cli/a.ts', "import { env } from 'node:process'", 'only src/app'],
    },
  ],
  [
    'names are kebab-case and say what is in the file',
    checkNames,
    {
      'a drawer': ['src/core/utils.ts', '', 'utils'],
      'a drawer with a label': ['src/core/date-helpers.ts', '', 'date-helpers'],
      'camel case': ['test/unit/floorPlan.test.ts', '', 'kebab-case'],
      'a migration without a number': ['migrations/tenants.ts', '', 'kebab-case'],
    },
  ],
  [
    'importing a file does nothing',
    checkSideEffects,
    {
      'a call': ['src/app/a.ts', 'start()', 'start()'],
      'an import for its effect': ['src/app/a.ts', "import './b.ts'", "'./b.ts'"],
      'a wait': ['src/app/a.ts', 'export const a = await open()', 'await open()'],
      'a condition': ['src/app/a.ts', 'if (a) {\n  start()\n}', 'if (a)'],
    },
  ],
  [
    'no query or file operation is left floating',
    checkFloatingOperations,
    {
      'a query': [
        'src/sending/store.ts',
        "  const a = 1\n  db\n    .deleteFrom('a')\n    .execute()",
        'await: db',
      ],
      'raw sql': ['src/sending/store.ts', '{\n  sql`delete from a`.execute(db)', 'sql`delete'],
      'a file': ['src/app/a.ts', "{\n  fs.rm('a')", 'fs.rm'],
    },
  ],
]

describe.each(rules)('%s', (_rule, check, breaches) => {
  test('here', () => expect(check(sources)).toEqual([]))

  test.each(Object.entries(breaches))('%s is found', (_name, [file, text, says]) => {
    expect(check([{ path: file, text }])).toEqual([expect.stringContaining(says)])
  })
})

test('a cycle over three files is found once', () => {
  const file = (name: string, target: string) => ({
    path: `src/core/${name}.ts`,
    text: `import { x } from './${target}.ts'`,
  })
  expect(checkCycles([file('a', 'b'), file('b', 'c'), file('c', 'a')])).toEqual([
    'src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts',
  ])
})

test('what the plan allows is not reported', () => {
  const tree: SourceFile[] = [
    {
      path: 'src/queue/a.ts',
      text: "import type { Db } from '../db/connect.ts'\nimport { PgBoss } from 'pg-boss'",
    },
    { path: 'src/sending/store.ts', text: "import { sql } from 'kysely'\nimport type { Pool } from 'pg'" },
    {
      path: 'src/app/b.ts',
      text: "const c = async () => await import('../lab/c.ts')\nconst d = process.env.D",
    },
    { path: 'src/cli/main.ts', text: "#!/usr/bin/env node\nimport { run } from '../app/b.ts'\nawait run()" },
    {
      path: 'src/core/d.ts',
      text: 'const text = `\nstart()\n`\n/* start() */\nfunction e() {\n  return 1\n}',
    },
    {
      path: 'src/jobs/e.ts',
      text: "  await Promise.all([\n    db\n      .deleteFrom('a')\n      .execute(),\n  ])",
    },
  ]
  for (const [, check] of rules) expect(check(tree.map((file) => ({ ...file })))).toEqual([])
})

test('every library that is shipped has a door', async () => {
  const { dependencies } = JSON.parse(await fs.readFile(path.join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  expect(Object.keys(dependencies).filter((name) => !doors[name])).toEqual([])
})

test('a process that is missing somewhere is found', () => {
  const workers = [{ path: 'workers/web.ts', text: '' }]
  expect(checkProcesses(['web'], workers, 'web: node workers/web.ts\n')).toEqual([])
  expect(checkProcesses(['web', 'inbox'], workers, 'web: node workers/web.ts\n')).toEqual([
    'there is no workers/inbox.ts',
    'no line of the Procfile starts "inbox"',
  ])
  expect(checkProcesses([], workers, 'web: node workers/other.ts\n')).toEqual([
    'src/app/pools.ts has no process "web"',
    'no line of the Procfile starts "web"',
  ])
})

test('a priority that is served by none or by two is found', () => {
  const high = { queue: 'sending', minPriority: 1 }
  const rest = { queue: 'sending', maxPriority: 0 }
  expect(checkServed({ a: [high, rest] }, ['sending'])).toEqual([])
  expect(checkServed({ a: [{ queue: 'sending' }] }, ['sending'])).toEqual([])
  expect(checkServed({ a: [high] }, ['sending'])).toContainEqual(
    expect.stringContaining('priority 0 are served by 0'),
  )
  expect(checkServed({ a: [high, rest], b: [high] }, ['sending'])).toContainEqual(
    expect.stringContaining('priority 1 are served by 2'),
  )
  expect(checkServed({ a: [] }, ['inbox'])).toContainEqual(expect.stringContaining('inbox'))
  expect(checkServed({ a: [{ queue: 'old' }] }, [])).toEqual(['there is no queue "old"'])
})

test('pools, workers and Procfile name the same processes', async () => {
  const procfile = await fs.readFile(path.join(root, 'Procfile'), 'utf8')
  expect(checkProcesses(Object.keys(pools), sources, procfile)).toEqual([])
})

test('every queue and every priority of it is served exactly once', () => {
  expect(checkServed(pools, queueNames)).toEqual([])
})
