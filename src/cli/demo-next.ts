import path from 'node:path'
import { type DemoConfig, nearPath } from '../app/demo-fleet.ts'

/** What the demo has left to be looked at. */
interface Left {
  campaign?: { tenant: string; name: string } | undefined
  warmup?: { tenant: string; mailbox: string } | undefined
}

/** Commands to go on with; `running`: everything still does. */
export function describeNext({ config, commandPrefix }: DemoConfig, left: Left, running: boolean): string {
  const { campaign, warmup } = left
  const rookery = `${commandPrefix}npx rookery`
  // With one tenant only there is no need to name it.
  const of = (tenant: string) => (campaign && !warmup ? '' : ` --tenant ${tenant}`)
  const log = (name: string) => `  less ${nearPath(path.join(config.home, name))}`
  return [
    running ? 'Everything still runs; Ctrl-C here stops it. In another terminal:' : 'Where to look next:',
    `  ${rookery} status`,
    ...(campaign
      ? [
          `  ${rookery} campaign report "${campaign.name}" --leads${of(campaign.tenant)}`,
          `  ${rookery} analytics daily${of(campaign.tenant)}`,
          ...['replies', 'suppressions', 'mailbox'].map(
            (what) => `  ${rookery} ${what} list${of(campaign.tenant)}`,
          ),
        ]
      : []),
    ...(warmup
      ? [
          `  ${rookery} warmup report ${warmup.mailbox}${of(warmup.tenant)}`,
          `  ${rookery} warmup plan ${warmup.mailbox}${of(warmup.tenant)}`,
        ]
      : []),
    ...(campaign ? [log('workers.log'), '  less examples/campaign.yaml'] : []),
    ...(warmup ? [log('warmup-workers.log')] : []),
  ].join('\n')
}
