import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
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
