import type { Command } from 'commander'
import { classifyReplyLines, parseReportFiles } from '../../bounces/report-files.ts'

/** `bounces parse` and `bounces classify`: they read no configuration and no database. */
export function addBounceCommands(program: Command): void {
  const group = program.command('bounces').description('Read delivery reports and SMTP replies.')
  group
    .command('parse')
    .argument('<path...>', 'message files, /dev/stdin, or directories: all files below them')
    .description(
      'Print what each message says was not delivered, and why: one JSON line for each file, in order.',
    )
    .addHelpText('after', '\nExample:\n  $ rookery bounces parse report.eml')
    .action((paths: string[]) => printLines(parseReportFiles(paths)))
  group
    .command('classify')
    .description('Read JSON lines {"id", "line"} with SMTP replies from stdin, print {"id", "reason"}.')
    .addHelpText(
      'after',
      '\nExample:\n  $ echo \'{"id": 1, "line": "552 5.2.2 Mailbox full"}\' | rookery bounces classify',
    )
    .action(() => printLines(classifyReplyLines(process.stdin)))
}

async function printLines(values: AsyncIterable<unknown>): Promise<void> {
  for await (const value of values)
    if (!process.stdout.write(`${JSON.stringify(value)}\n`))
      await new Promise<void>((resolve) => process.stdout.once('drain', resolve))
}
