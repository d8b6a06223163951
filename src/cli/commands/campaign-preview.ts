import type { Command } from 'commander'
import { type Preview, type PreviewedEmail, previewCampaign } from '../../campaigns/preview.ts'
import { type TenantOptions, wholeNumber, withOutput, withTenant } from '../options.ts'
import { print } from '../output.ts'
import { printable } from '../printable.ts'
import { resolveCampaign, resolveTenant, withDatabase } from '../session.ts'

const help = `
Sends nothing and writes nothing. Of a draft it shows the earliest sends among the first leads, as they would be
planned now within the limits, the follow-ups of the first one, and when the last lead is reached; of a launched campaign, the emails that fall due next.`

export function addCampaignPreviewCommand(group: Command): void {
  withTenant(withOutput(group.command('preview').argument('<name>')))
    .description('Show the next emails of a campaign: when, from which mailbox, and what they say.')
    .option('-n, --number <n>', 'how many', wholeNumber({ least: 1, most: 1_000 }), 10)
    .addHelpText('after', help)
    .action(preview)
}

async function preview(name: string, options: TenantOptions & { number: number }): Promise<void> {
  const result = await withDatabase(async ({ db }) => {
    const tenant = await resolveTenant(db, options.tenant)
    const campaign = await resolveCampaign(db, tenant.id, name)
    return previewCampaign(db, campaign, options.number)
  })
  print(result, options, describe)
}

function describe({ emails, followUps, lastFirstEmailAt }: Preview): string {
  if (emails.length === 0)
    return 'Nothing waits to be sent: there are no leads, the scheduler has not planned yet, or all has gone out.'
  const [first] = emails
  const sequence = followUps.map((email) => writeOut(email))
  return [
    ...emails.map((email) => writeOut(email)),
    ...(sequence.length > 0 ? [`What ${first?.to} gets next, if there is no answer:`, ...sequence] : []),
    ...(first && lastFirstEmailAt
      ? [`The last lead gets the first email on ${localTime({ dueAt: lastFirstEmailAt, zone: first.zone })}.`]
      : []),
    'Nothing was sent or written.',
  ].join('\n\n')
}

function writeOut(email: PreviewedEmail): string {
  const { position, name, variant } = email.step
  const title = [name, variant && `variant ${variant}`].filter(Boolean).join(', ')
  const step = title ? `${position} (${title})` : `${position}`
  const head = [
    `${localTime(email)}  step ${step}`,
    `From:    ${email.mailbox}`,
    `To:      ${email.to}`,
    `Subject: ${email.subject}`,
  ]
  const text = email.text.trimEnd().split('\n')
  return [...head, '', ...text].map((line) => `  ${printable(line)}`.trimEnd()).join('\n')
}

/** In the lead's zone: that is what the sending window is about. */
function localTime({ dueAt, zone }: Pick<PreviewedEmail, 'dueAt' | 'zone'>): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    year: 'numeric',
    month: 'short',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  })
  return `${format.format(dueAt)} (${zone})`
}
