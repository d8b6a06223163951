import { describe, expect, it } from 'vitest'
import { planProcesses } from '../../src/app/supervisor-plan.ts'
import { countCrash, defaultRestartRule, restartDelayMs } from '../../src/app/supervisor-restart.ts'

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

describe('the wait before a restart', () => {
  it('doubles from half a second to half a minute', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 200].map((crashes) => restartDelayMs(crashes, defaultRestartRule))
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  })

  it('begins anew for a process that lived a minute', () => {
    expect(countCrash(7, 59_999, defaultRestartRule)).toBe(8)
    expect(countCrash(7, 60_000, defaultRestartRule)).toBe(1)
  })
})
