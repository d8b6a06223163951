import type { Command } from 'commander'
import { addAnalyticsDailyCommand } from './analytics-daily.ts'

export function addAnalyticsCommands(program: Command): void {
  const group = program.command('analytics').description('What became of what was sent, in numbers.')
  addAnalyticsDailyCommand(group)
}
