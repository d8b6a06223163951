import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../../src/core/errors.ts'
import { createLogger, type LogOptions } from '../../../src/telemetry/log.ts'

function capture(options: Partial<LogOptions> = {}) {
  const lines: string[] = []
  const output = new Writable({
    decodeStrings: false,
    write: (line: string, _encoding, done) => {
      lines.push(line)
      done()
    },
  })
  const log = createLogger({ level: 'trace', format: 'json', name: 'sending', ...options, output })
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') }
}

describe('a log line', () => {
  it('carries the process, the message and the fields', () => {
    const { log, last } = capture()
    log.info({ emailId: 'e1', attempt: 2 }, 'email.sent')
    expect(last()).toMatchObject({ level: 30, name: 'sending', msg: 'email.sent', emailId: 'e1', attempt: 2 })
  })

  it('is left out below the level', () => {
    const { log, lines } = capture({ level: 'warn' })
    log.info('email.sent')
    expect(lines).toEqual([])
  })

  it.each(['password', 'pass', 'secret', 'token', 'authorization', 'sealed', 'connectionString'])(
    'hides %s at every depth and level',
    (field) => {
      const { log, lines } = capture()
      log.trace(
        { [field]: 'hunter2', a: { [field]: { deep: 'hunter2' }, b: { c: { [field]: 'hunter2' } } } },
        'a.b',
      )
      log.fatal({ list: [{ [field]: Buffer.from('hunter2') }] }, 'a.b')
      log.child({ [field]: 'hunter2', mailbox: { [field]: 'hunter2' } }).error('a.b')
      expect(lines).toHaveLength(3)
      for (const line of lines) expect(line).not.toMatch(/hunter2|104,117,110/)
    },
  )

  it('hides passwords of URLs wherever they stand, also at debug', () => {
    const { log, lines } = capture()
    const url = 'postgres://rookery:p@ss-w0rd@db.internal:5432/rookery'
    log.debug(
      { DATABASE_URL: url, err: new Error(`cannot reach ${url}`, { cause: new Error(url) }) },
      'database.lost',
    )
    log.info(`postgres://u:p@ss-w0rd@h and host=h password=p@ss-w0rd user=u`)
    expect(lines.join()).not.toMatch(/w0rd/)
    expect(lines[0]).toContain('postgres://rookery:[hidden]@db.internal:5432/rookery')
  })

  it('shows addresses at debug and only their domains from info upwards', () => {
    const { log, lines } = capture()
    const fields = { to_address: 'jane.roe+x@example.com', email: 'jane.roe+x@example.com' }
    const err = new Error('550 5.1.1 <jane.roe+x@example.com>: user unknown')
    log.debug({ ...fields, err }, 'email.refused')
    log.info({ ...fields, err }, 'email.refused')
    log.child({ mailbox: 'jane.roe+x@example.com' }).warn('mailbox.paused')
    expect(lines[0]).toContain('"to_address":"jane.roe+x@example.com"')
    expect(lines[1]).not.toContain('jane')
    expect(lines[1]).toContain('<[hidden]@example.com>: user unknown')
    expect(lines[2]).not.toContain('jane')
  })

  it('keeps what only looks like an address', () => {
    const { log, last } = capture()
    log.info({ at: 'node_modules/@scope/pkg', version: 'pkg@1.2.3', host: 'postgres@127.0.0.1:5432' }, 'a.b')
    expect(last()).toMatchObject({
      at: 'node_modules/@scope/pkg',
      version: 'pkg@1.2.3',
      host: 'postgres@127.0.0.1:5432',
    })
  })

  it('is one readable line in pretty format', () => {
    const { log, lines } = capture({ format: 'pretty' })
    log.info({ emailId: 'e1', password: 'hunter2' }, 'email.sent')
    expect(lines.join('')).toMatch(/INFO.*email\.sent.*"emailId":"e1".*\n$/)
    expect(lines.join('')).not.toContain('hunter2')
  })
})

describe('an error in a log line', () => {
  it('keeps its type, code, details and causes', () => {
    const { log, last } = capture()
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', port: 5432 })
    const error = new AppError('database_unreachable', 'No database.', { details: ['look'], cause: refused })
    log.error({ err: error }, 'process.failed')
    expect(last().err).toMatchObject({
      type: 'AppError',
      code: 'database_unreachable',
      details: ['look'],
      stack: expect.stringContaining('log.test.ts'),
      cause: { message: 'connect ECONNREFUSED', code: 'ECONNREFUSED', port: 5432 },
    })
  })

  it('leaves out fields that nobody named', () => {
    const { log, lines } = capture()
    const error = Object.assign(new Error('x'), {
      config: { auth: { user: 'u', key: 'hunter2' } },
      parameters: ['hunter2'],
    })
    log.error(error, 'a.b')
    expect(lines.join()).not.toContain('hunter2')
  })

  it('shows every error of an aggregate, and survives a cause that is its own', () => {
    const { log, last } = capture()
    const error = new AggregateError([new Error('::1'), new Error('127.0.0.1')], 'all failed')
    error.cause = error
    log.error({ err: error }, 'a.b')
    expect(last().err.errors.map((inner: { message: string }) => inner.message)).toEqual(['::1', '127.0.0.1'])
  })

  it('may be an object that only looks like one', () => {
    const { log, last } = capture()
    log.error({ err: { message: 'gone', code: 'ECONNREFUSED', password: 'hunter2', sql: 'select' } }, 'a.b')
    expect(last().err).toEqual({ type: 'object', message: 'gone', code: 'ECONNREFUSED' })
  })

  it('may be no Error at all', () => {
    const { log, last } = capture()
    log.error({ err: 'thrown text' }, 'a.b')
    expect(last().err).toEqual({ type: 'string', message: 'thrown text' })
  })
})
