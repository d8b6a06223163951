import { execFileSync, spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { addAuditGauges } from '../../../src/telemetry/audit-gauges.ts'
import { addFleetGauges, type FleetState } from '../../../src/telemetry/fleet-gauges.ts'
import { createMetrics } from '../../../src/telemetry/metrics.ts'

const promtool = spawnSync('promtool', ['--version']).status === 0
const state: FleetState = {
  jobs: [{ queue: 'email-sending', state: 'active', count: 3 }],
  dueEmails: 7,
  oldestDueSeconds: 12,
  unknownEmails: { lookedFor: 2, parked: 1 },
  oldestUnknownSeconds: 90,
  openNotifications: [{ severity: 'warning', count: 2 }],
  warmup: {
    mailboxes: [{ status: 'warming', health: 'watch', count: 4 }],
    placement: [{ provider: 'gmail', inbox: 30, junk: 2 }],
    rejects: [{ reason: 'forged', count: 3 }],
  },
}

let opened: ReturnType<typeof createMetrics>[] = []
function open() {
  const metrics = createMetrics({ process: 'sending', version: '0.1.0' })
  opened.push(metrics)
  return metrics
}
afterEach(() => {
  for (const metrics of opened) metrics.close()
  opened = []
})

/** One sample a line: name{labels} value. */
function parse(text: string) {
  const sample = /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})? (\S+)$/
  const samples = new Map<string, number>()
  const described = new Set<string>()
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const comment = /^# (?:HELP|TYPE) (\S+) ./.exec(line)
    if (comment) {
      described.add(comment[1] ?? '')
      continue
    }
    const [, name = '', labels = '', value] = sample.exec(line) ?? []
    if (name === '') throw new Error(`not a sample: ${line}`)
    samples.set(`${name}${labels}`, Number(value))
  }
  return { samples, described }
}

const scrape = async (metrics: ReturnType<typeof createMetrics>) => parse((await metrics.render()).text)

describe('the metrics of a process', () => {
  it('are valid text whose samples are all described', async () => {
    const metrics = open()
    metrics.emailsSettled.inc({ outcome: 'sent' }, 2)
    metrics.jobSeconds.observe({ queue: 'email-sending' }, 0.2)
    addFleetGauges(metrics, { readState: async () => state })
    const { samples, described } = await scrape(metrics)
    expect(samples.get('rookery_emails_settled_total{outcome="sent"}')).toBe(2)
    expect(samples.get('rookery_job_seconds_count{queue="email-sending"}')).toBe(1)
    expect(
      samples.get(`rookery_build_info{version="0.1.0",node="${process.version}",process="sending"}`),
    ).toBe(1)
    for (const name of samples.keys()) {
      const base = name.replace(/\{.*/, '')
      expect(described.has(base) || described.has(base.replace(/_(bucket|sum|count)$/, ''))).toBe(true)
    }
  })

  it.runIf(promtool)('satisfy promtool', async () => {
    const metrics = open()
    metrics.jobs.inc({ queue: 'email-sending', outcome: 'done' })
    addFleetGauges(metrics, { readState: async () => state })
    const { text } = await metrics.render()
    execFileSync('promtool', ['check', 'metrics'], { input: text })
  })

  it('of two registries in one program do not meet', async () => {
    const [one, other] = [open(), open()]
    one.emailsClaimed.inc(5)
    expect((await scrape(other)).samples.get('rookery_emails_claimed_total')).toBe(0)
  })

  it('have labels from closed sets only', () => {
    const metrics = open()
    addFleetGauges(metrics, { readState: async () => state })
    const all = metrics.registry.getMetricsAsArray() as unknown as { name: string; labelNames: string[] }[]
    const labels = all
      .filter(({ name }) => name.startsWith('rookery_'))
      .flatMap(({ labelNames }) => labelNames)
    const closed = [
      'outcome',
      'type',
      'queue',
      'state',
      'task',
      'kind',
      'version',
      'node',
      'process',
      'severity',
      'status',
      'health',
      'provider',
      'placement',
      'reason',
    ]
    expect(labels).toContain('queue')
    expect(labels.filter((label) => !closed.includes(label))).toEqual([])
  })
})

describe('the gauges of the fleet', () => {
  it('come from one reading of the database a scrape', async () => {
    const metrics = open()
    let readings = 0
    addFleetGauges(metrics, {
      readState: async () => {
        readings += 1
        return { ...state, dueEmails: readings }
      },
      maxAgeMs: 60_000,
    })
    await scrape(metrics)
    const { samples } = await scrape(metrics)
    expect(readings).toBe(1)
    expect(samples.get('rookery_emails_due')).toBe(1)
    expect(samples.get('rookery_queue_jobs{queue="email-sending",state="active"}')).toBe(3)
    expect(samples.get('rookery_warmup_mailboxes{status="warming",health="watch"}')).toBe(4)
    expect(samples.get('rookery_warmup_placement{provider="gmail",placement="junk"}')).toBe(2)
    expect(samples.get('rookery_warmup_rejects{reason="forged"}')).toBe(3)
    expect(samples.get('rookery_warmup_rejects{reason="replayed"}')).toBe(0)
  })

  it('forget a queue that has no more jobs', async () => {
    const metrics = open()
    const states = [state, { ...state, jobs: [] }]
    addFleetGauges(metrics, { readState: async () => states.shift() ?? state, maxAgeMs: 0 })
    await scrape(metrics)
    const { samples } = await scrape(metrics)
    expect([...samples.keys()].filter((name) => name.startsWith('rookery_queue_jobs'))).toEqual([])
  })

  it.each([
    ['fails', () => Promise.reject(new Error('gone'))],
    ['hangs', () => new Promise<FleetState>(() => {})],
  ])('are absent and counted while the database %s; the rest is served', async (_, readState) => {
    const metrics = open()
    const readings = [async () => state, readState]
    addFleetGauges(metrics, {
      readState: () => (readings.shift() ?? readState)(),
      maxAgeMs: 0,
      timeoutMs: 20,
    })
    expect((await scrape(metrics)).samples.get('rookery_emails_unknown{state="parked"}')).toBe(1)
    const { samples } = await scrape(metrics)
    expect(samples.has('rookery_emails_unknown{state="parked"}')).toBe(false)
    expect(samples.get('rookery_emails_claimed_total')).toBe(0)
    expect((await scrape(metrics)).samples.get('rookery_database_errors_total')).toBeGreaterThan(0)
  })
})

it('docs/metrics.md lists every metric of ours, and no other', async () => {
  const page = await readFile(path.resolve(import.meta.dirname, '../../../docs/metrics.md'), 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('| `rookery_'))
  const documented = rows.flatMap((row) => row.split('|')[1]?.match(/rookery_\w+/g) ?? [])
  const metrics = open()
  addAuditGauges(metrics, { readState: async () => undefined })
  addFleetGauges(metrics, { readState: async () => state })
  const registered = metrics.registry.getMetricsAsArray().map(({ name }) => name)
  expect(documented.sort()).toEqual(registered.filter((name) => name.startsWith('rookery_')).sort())
})
