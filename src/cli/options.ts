import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Range } from '../core/range.ts'

/** Options that many commands share, worded once. */
export function withOutput(command: Command): Command {
  return command.option('--json', 'print JSON')
}

/** For tables that are also wanted as CSV, which is not JSON. */
export function withCsv(command: Command): Command {
  return command.addOption(new Option('--csv', 'print CSV').conflicts('json'))
}

export function withTenant(command: Command): Command {
  return command.option('--tenant <name>', 'the tenant; may be left out when there is only one')
}

export interface TenantOptions {
  tenant?: string
  json?: boolean
}

/** For options that take a whole number. */
export function wholeNumber(range: Range): (text: string) => number {
  return (text) => readNumber(text, /^\d+$/, range, `a whole number ${describeRange(range)}`)
}

/** For options that take a number. */
export function decimal(range: Range): (text: string) => number {
  return (text) => readNumber(text, /^(\d+|\d*\.\d+)$/, range, `a number ${describeRange(range)}`)
}

/** For options that may be given several times. */
export function collect(text: string, earlier: readonly string[] = []): string[] {
  return [...earlier, text]
}

/** A limit as it is typed. Null has to wait for `liftNone`: commander takes what a parser returns as null for no value. */
export type NumberOrNone = number | 'none'

/** For limits that can be lifted. */
export function numberOrNone(range: Range): (text: string) => NumberOrNone {
  const expected = `a whole number ${describeRange(range)}, or none`
  return (text) => (text === 'none' ? text : readNumber(text, /^\d+$/, range, expected))
}

/** Null lifts a limit; undefined, which is an option that was not given, leaves it. */
export function liftNone(typed: NumberOrNone | undefined): number | null | undefined {
  return typed === 'none' ? null : typed
}

function readNumber(text: string, shape: RegExp, { least, most, hint }: Range, expected: string): number {
  const number = Number(text)
  if (shape.test(text) && number >= least && number <= most) return number
  throw new InvalidArgumentError(`It must be ${expected}${hint ? `; ${hint}` : ''}.`)
}

const describeRange = ({ least, most }: Range): string => `from ${least} to ${most}`
