import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { configVariables, readConfig } from '../../../src/app/config.ts'
import { AppError } from '../../../src/core/errors.ts'

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid_config') return error.details
    throw error
  }
  return []
}

describe('readConfig', () => {
  test('a database url may not replace our search path', () => {
    const url = 'postgres://db.test/rookery?sslmode=require'
    expect(readConfig({ DATABASE_URL: url }).database.url).toBe(url)
    const [problem, ...others] = problemsOf({ DATABASE_URL: `${url}&options=-c%20search_path%3Dtheirs` })
    expect(problem).toMatch(/^DATABASE_URL must not have \?options=: it would replace .+search_path/)
    expect(others).toEqual([])
  })

  test('an empty environment gives the defaults', () => {
    const config = readConfig({})
    expect(config.database).toEqual({
      url: undefined,
      schema: 'rookery',
      queueSchema: 'rookery_queue',
      maxConnections: 10,
    })
    expect(config.sending).toMatchObject({ slots: 400, shareOfSlots: 0.25, replyTimeoutSeconds: 600 })
    expect(config.home).toBe(`${process.cwd()}/.rookery`)
    expect(config.telemetry.targetsFile).toBe(`${process.cwd()}/.rookery/targets.json`)
    expect(config.secrets.generatedKeyFile).toBe(`${process.cwd()}/.rookery/master.key`)
  })

  test('an empty variable counts as absent', () => {
    expect(readConfig({ ROOKERY_SENDING_SLOTS: '', DATABASE_URL: ' ' })).toEqual(readConfig({}))
  })

  test('the result is frozen, its groups too', () => {
    const config = readConfig({})
    expect(Object.isFrozen(config)).toBe(true)
    expect(Object.values(config).every((group) => Object.isFrozen(group))).toBe(true)
  })

  test('every bad variable is reported at once', () => {
    const problems = problemsOf({
      ROOKERY_SENDING_SLOTS: 'many',
      ROOKERY_DATABASE_CONNECTIONS: '0',
      ROOKERY_LOG_LEVEL: 'loud',
      ROOKERY_SENDING_SHARE_OF_SLOTS: '1.5',
      ROOKERY_SCHEMA: 'Drop Table',
      DATABASE_URL: 'mysql://somebody:hush@host/db',
    })
    expect(problems).toEqual([
      'DATABASE_URL must be a URL such as postgres://user:password@host:5432/database.',
      'ROOKERY_SCHEMA must be a schema name of at most 50 small letters, digits and underscores, not "Drop Table".',
      'ROOKERY_DATABASE_CONNECTIONS must be a whole number from 1 to 500, not "0".',
      'ROOKERY_SENDING_SLOTS must be a whole number from 1 to 10000, not "many".',
      'ROOKERY_SENDING_SHARE_OF_SLOTS must be a share above 0, at most 1, not "1.5".',
      'ROOKERY_LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, not "loud".',
    ])
  })

  test.each(['-1', '1e3', '10.5', '0x10', '١'])('"%s" is not a whole number', (written) => {
    expect(problemsOf({ ROOKERY_SENDING_SLOTS: written })).toHaveLength(1)
  })

  test('spans are read as seconds, and each must be longer than the one before', () => {
    const looks = (written: string) => readConfig({ ROOKERY_RECONCILE_LOOKS: written }).reconcile.looksSeconds
    expect(looks('')).toEqual([120, 600, 3600, 21_600, 86_400])
    expect(looks('1s, 90s,1d')).toEqual([1, 90, 86_400])
    for (const bad of ['5', '2m,1m', '1h,60m', '0s', '2 m', '1w', '1m,'])
      expect(problemsOf({ ROOKERY_RECONCILE_LOOKS: bad }), bad).toHaveLength(1)
  })

  test('an unknown variable is reported with the nearest known one', () => {
    expect(problemsOf({ ROOKERY_SENDING_SLOT: '5', ROOKERY_XYLOPHONE_COLOURS: '1', PATH: '/bin' })).toEqual([
      'ROOKERY_SENDING_SLOT is not a variable of Rookery. Did you mean ROOKERY_SENDING_SLOTS?',
      'ROOKERY_XYLOPHONE_COLOURS is not a variable of Rookery.',
    ])
  })

  test('variables that contradict each other are reported', () => {
    const key = randomBytes(32).toString('base64')
    const problems = problemsOf({
      ROOKERY_QUEUE_SCHEMA: 'rookery',
      ROOKERY_MASTER_KEY: key,
      ROOKERY_MASTER_KEY_FILE: '/run/key',
      ROOKERY_SENDING_LEASE_SECONDS: '15',
    })
    expect(problems).toHaveLength(3)
    expect(problems.join('\n')).not.toContain(key)
  })

  test('a session may not outlast its job', () => {
    const replyTimeout = (seconds: string) => problemsOf({ ROOKERY_SENDING_REPLY_TIMEOUT_SECONDS: seconds })
    expect(replyTimeout('849')).toEqual([])
    expect(replyTimeout('850')).toHaveLength(1)
  })

  test('a master key that is too short is refused without being repeated', () => {
    const key = randomBytes(16).toString('base64')
    expect(problemsOf({ ROOKERY_MASTER_KEY: key })).toEqual([
      'ROOKERY_MASTER_KEY must be 32 bytes in base64, such as `openssl rand -base64 32` prints.',
    ])
  })

  test('the master key does not show when the configuration is printed', () => {
    const key = randomBytes(32).toString('base64')
    const config = readConfig({ ROOKERY_MASTER_KEY: key })
    expect(config.secrets.masterKey?.export().toString('base64')).toBe(key)
    expect(JSON.stringify(config) + inspect(config, { depth: 9 })).not.toContain(key)
  })
})

describe('the documents', () => {
  const guide = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')
  const example = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8')

  test.each(configVariables)('docs/configuration.md has $variable with its default', (setting) => {
    expect(guide).toContain(
      `| \`${setting.variable}\` | ${setting.fallback ? `\`${setting.fallback}\`` : 'none'} |`,
    )
  })

  test('.env.example has every variable once, and no other', () => {
    const written = [...example.matchAll(/^(?:# )?([A-Z_]+)=/gm)].map((match) => match[1])
    expect(written.sort()).toEqual(configVariables.map((setting) => setting.variable).sort())
  })

  test('.env.example as it stands gives the defaults', () => {
    const lines = [...example.matchAll(/^([A-Z_]+)=(.*)$/gm)]
    const env = Object.fromEntries(lines.map(([, name, value]) => [name, value]))
    expect(readConfig(env)).toEqual(readConfig({}))
  })
})
