import { Command } from 'commander'
import { classifyReplyLines, parseReportFiles } from '../../bounces/report-files.ts'

/** `bounces parse` and `bounces classify`: no configuration, no database. */
export function bouncesCommand(): Command {
  const bounces = new Command('bounces').description('read delivery reports and SMTP replies')
  bounces
    .command('parse')
    .description('print one JSON line for each message file')
    .argument('<paths...>', 'message files, or directories of them')
    .action((paths: string[]) => printLines(parseReportFiles(paths)))
  bounces
    .command('classify')
    .description('read JSON lines {"id", "line"} with SMTP replies from stdin, print {"id", "reason"}')
    .action(() => printLines(classifyReplyLines(process.stdin)))
  return bounces
}

async function printLines(values: AsyncIterable<unknown>): Promise<void> {
  for await (const value of values)
    if (!process.stdout.write(`${JSON.stringify(value)}\n`))
      await new Promise<void>((resolve) => process.stdout.once('drain', resolve))
}
