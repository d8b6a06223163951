import { describe, expect, it } from 'vitest'
import { planProcesses } from '../../src/app/supervisor-plan.ts'
import { decideAfterExit, defaultRestartRule, type Exit } from '../../src/app/supervisor-restart.ts'

const pools = ['scheduler', 'sending']
const names = (words: string[]) => planProcesses(words, pools).map(({ name }) => name)

describe('the processes asked for', () => {
  it.each([
    [[], ['scheduler', 'sending']],
    [['sending'], ['sending']],
    [['sending=1'], ['sending']],
    [
      ['sending=3', 'scheduler'],
      ['sending.1', 'sending.2', 'sending.3', 'scheduler'],
    ],
  ])('by %j are %j', (words, expected) => {
    expect(names(words)).toEqual(expected)
  })

  it('are refused with every wrong word and what would be right', () => {
    const words = ['sendin', 'sending=0', 'sending=many', 'scheduler=2=3', 'scheduler', 'sending=1000']
    expect(() => names(words)).toThrow(
      expect.objectContaining({
        code: 'invalid_input',
        details: [
          '"sendin" is not a pool: there are scheduler, sending.',
          '"sending=0" must ask for 1 to 64 processes.',
          '"sending=many" must ask for 1 to 64 processes.',
          '"scheduler=2=3" is not pool=count.',
          '"scheduler" is named twice.',
          '"sending=1000" must ask for 1 to 64 processes.',
        ],
      }),
    )
  })
})

describe('after a process ended', () => {
  const crash: Exit = { code: 1, signal: null, livedMs: 100, stopping: undefined }
  const decide = (exit: Partial<Exit>, crashesBefore = 0) =>
    decideAfterExit({ ...crash, ...exit }, crashesBefore, defaultRestartRule)

  it.each([
    ['that was told to and did', { code: 0, stopping: 'SIGTERM' as const }, 0],
    [
      'of the very signal, before it could listen',
      { code: null, signal: 'SIGTERM' as const, stopping: 'SIGTERM' as const },
      0,
    ],
    ['that was told to, but badly', { code: 1, stopping: 'SIGTERM' as const }, 1],
    [
      'because it had to be killed',
      { code: null, signal: 'SIGKILL' as const, stopping: 'SIGTERM' as const },
      1,
    ],
    ['for its configuration', { code: 2 }, 2],
  ])('%s, it is over', (_, exit, exitCode) => {
    expect(decide(exit)).toEqual({ kind: 'over', exitCode })
  })

  it.each([{}, { code: 0 }, { code: 3 }, { code: null, signal: 'SIGKILL' as const }])(
    'by itself with %j, it starts again',
    (exit) => {
      expect(decide(exit)).toEqual({ kind: 'restart', crashesInARow: 1, delayMs: 500 })
    },
  )

  it('the wait doubles with every crash in a row, from half a second to half a minute', () => {
    const delays = [0, 1, 2, 3, 4, 5, 6, 7, 200].map((before) => decide({}, before))
    expect(delays.map((next) => next.kind === 'restart' && next.delayMs)).toEqual([
      500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
    ])
  })

  it('a minute of life makes its earlier crashes forgotten', () => {
    expect(decide({ livedMs: 59_999 }, 7)).toMatchObject({ crashesInARow: 8 })
    expect(decide({ livedMs: 60_000 }, 7)).toMatchObject({ crashesInARow: 1 })
  })
})
