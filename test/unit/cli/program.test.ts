import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { collect } from '../../../src/cli/options.ts'
import { createProgram } from '../../../src/cli/program.ts'

/** The commands that do something: the leaves. */
function leaves(command: Command, path: string): { path: string; command: Command }[] {
  const here = `${path} ${command.name()}`.trim()
  if (command.commands.length === 0) return [{ path: here, command }]
  return command.commands.flatMap((child) => leaves(child, here))
}

const commands = leaves(await createProgram(), '')

test('a command that is named is there without the others', async () => {
  for (const { path } of commands) {
    const [, group = ''] = path.split(' ')
    const alone = leaves(await createProgram(group), '').map((leaf) => leaf.path)
    expect(alone).toContain(path)
  }
  expect((await createProgram('why')).commands).toHaveLength(1)
  expect((await createProgram('nonsense')).commands.length).toBe((await createProgram()).commands.length)
})

describe('every command', () => {
  const guide = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8')

  test.each(commands)('$path stands in docs/cli.md', ({ path }) => {
    expect(guide).toMatch(new RegExp(`\`${path}[ \`]`))
  })

  test.each(commands)('$path says what it does, in a sentence', ({ command }) => {
    expect(command.description()).toMatch(/^[A-Z].+\.$/)
  })

  test.each(commands)('$path takes no password as an argument', ({ command }) => {
    const flags = command.options.filter((option) => /password|secret/i.test(option.flags))
    expect(flags.every((option) => option.flags.endsWith('<file>'))).toBe(true)
  })
})

describe('every option that takes a number', () => {
  const numeric = commands.flatMap(({ path, command }) => {
    command.configureOutput({ writeErr: () => {} })
    const options = command.options.filter((o) => o.parseArg && !o.argChoices && o.parseArg !== collect)
    return options.map((option) => ({ path, command, option, flag: option.long ?? '' }))
  })

  test.each(numeric)('$path $flag says which numbers it takes, and refuses others', ({ command, flag }) => {
    for (const text of ['-5', '99999999999', '-', 'many', ''])
      expect(() => command.parseOptions([flag, text])).toThrow(
        new RegExp(`'.*${flag} <.*must be a .*number from [0-9.]+ to [0-9.]+`),
      )
  })

  test.each(numeric)(
    '$path $flag takes the word none only where its help says so',
    ({ command, option, flag }) => {
      const parse = () => command.parseOptions([flag, 'none'])
      if (!option.description.includes('none')) return expect(parse).toThrow(flag)
      parse()
      expect(command.getOptionValue(option.attributeName())).toBe('none')
    },
  )
})
