import { campaignConfiguration, windowOf } from '../../campaigns/configuration.ts'
import { leadZone } from '../../campaigns/lead-zone.ts'
import { nextOpen, type SendingWindow } from '../../campaigns/window.ts'
import type { Candidate, WindowOpening } from '../../sending/claim.ts'

/** The campaign's weekly window in the lead's zone; emails of no campaign may go at any time. */
export function createWindowOpening(): WindowOpening {
  const windows = new Map<string, { configuration: string; window: SendingWindow }>()

  function windowFor(campaign: NonNullable<Candidate['campaign']>): SendingWindow {
    const configuration = JSON.stringify(campaign.configuration)
    const known = windows.get(campaign.id)
    if (known?.configuration === configuration) return known.window
    const window = windowOf(campaignConfiguration.parse(campaign.configuration))
    windows.set(campaign.id, { configuration, window })
    return window
  }

  return ({ campaign, lead }, now) => {
    if (!campaign) return now
    return nextOpen(windowFor(campaign), leadZone(lead?.timezone ?? null, campaign.timezone), now)
  }
}
