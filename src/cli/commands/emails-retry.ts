import type { Command } from 'commander'
import { previewRetry, type Retry, retryFailed } from '../../jobs/retry-failed.ts'
import { wordsFor } from '../../why/words.ts'
import { accountName } from '../account-name.ts'
import { type TenantOptions, withOutput, withTenant } from '../options.ts'
import { formatCount, formatNumber, print } from '../output.ts'
import { resolveCampaign, resolveTenant, withDatabase } from '../session.ts'

const help = `
Only emails that failed are sent again: none that was sent, none of unknown outcome, none that is suppressed, and none of a
lead whose sequence has ended for another reason. Each keeps its identity and takes its limits anew.

Example:
  $ rookery emails retry-failed --campaign Autumn --reason sender_rejected --dry-run`

export function addEmailRetryCommand(group: Command): void {
  withTenant(withOutput(group.command('retry-failed')))
    .description(
      'Let the failed emails of a campaign go out again, and the sequences go on that they had stopped.',
    )
    .requiredOption('--campaign <name>', 'of this campaign')
    .option('--reason <code>', 'only those that failed for this reason, such as content')
    .option('--dry-run', 'only say what would go out again')
    .addHelpText('after', help)
    .action(retry)
}

async function retry(
  options: TenantOptions & { campaign: string; reason?: string; dryRun?: boolean },
): Promise<void> {
  const result = await withDatabase(async ({ db }) => {
    const { id: tenantId } = await resolveTenant(db, options.tenant)
    const { id: campaignId } = await resolveCampaign(db, tenantId, options.campaign)
    const filter = { tenantId, campaignId, code: options.reason ?? null }
    return options.dryRun ? previewRetry(db, filter) : retryFailed(db, filter, accountName())
  })
  print(result, options, (found) => describe(found, options.dryRun ?? false))
}

const leftWords: Record<string, string> = {
  may_be_sent: 'it may have been sent after all',
  replied: 'its recipient has answered',
}

function describe({ retried, left }: Retry, dryRun: boolean): string {
  const total = Object.values(retried).reduce((sum, count) => sum + count, 0)
  const will = dryRun ? 'would go out again' : total === 1 ? 'goes out again' : 'go out again'
  return [
    `${formatCount(total, 'email')} ${will}.`,
    ...Object.entries(retried).map(
      ([code, count]) => `  ${formatNumber(count)} had failed: ${wordsFor(code)}`,
    ),
    ...Object.entries(left).map(
      ([code, count]) => `  ${formatNumber(count)} left as failed: ${leftWords[code] ?? wordsFor(code)}`,
    ),
  ].join('\n')
}
