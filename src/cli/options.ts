import { type Command, InvalidArgumentError } from 'commander'

/** Options that many commands share, worded once. */
export function withOutput(command: Command): Command {
  return command.option('--json', 'print JSON')
}

export function withTenant(command: Command): Command {
  return command.option('--tenant <name>', 'the tenant; may be left out when there is only one')
}

export interface TenantOptions {
  tenant?: string
  json?: boolean
}

/** For options that take a whole number. */
export function wholeNumber(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

/** For options that take a number. */
export function decimal(text: string): number {
  if (!/^-?\d{0,15}(\.\d+)?$/.test(text) || text === '')
    throw new InvalidArgumentError('It must be a number.')
  return Number(text)
}

/** For options that may be given several times. */
export function collect(text: string, earlier: readonly string[] = []): string[] {
  return [...earlier, text]
}

/** For limits that can be lifted: null. */
export function numberOrNone(text: string): number | null {
  return text === 'none' ? null : wholeNumber(text)
}
