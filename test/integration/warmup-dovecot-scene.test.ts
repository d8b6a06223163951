import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { dovecotTitle, hasDovecot, startDovecot } from '../support/dovecot.ts'
import { dovecotFolders, playOnDovecot } from '../support/warmup-dovecot.ts'

/** `npm run test:warmup-dovecot` asks for three weeks. */
const days = Number(process.env.WARMUP_DAYS ?? 3)

describe.skipIf(!hasDovecot)(dovecotTitle, () => {
  let database: TestDatabase
  let server: Awaited<ReturnType<typeof startDovecot>>

  beforeAll(async () => {
    database = await createTestDatabase({ maxConnections: 20 })
    server = await startDovecot(dovecotFolders)
  })
  afterAll(async () => {
    await server.close()
    await database.close()
  })

  test(`has eight mailboxes that warm up over ${days} days by the rules, one with French folder names and one without Junk, though rounds are cut off and killed`, async () => {
    const { checks, kills } = await playOnDovecot(database, server, days)
    expect(checks.flatMap(({ faults }) => faults)).toEqual([])
    expect(kills).toBeGreaterThan(0)
    if (days > 3)
      console.log([...checks.map(({ words }) => words), `${kills} rounds were killed.`].join('\n'))
  }, 600_000)
})
