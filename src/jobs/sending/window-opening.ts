import { type CampaignConfiguration, campaignConfiguration, windowOf } from '../../campaigns/configuration.ts'
import { leadZone } from '../../campaigns/lead-zone.ts'
import { nextOpen, type SendingWindow } from '../../campaigns/window.ts'
import { addCivil } from '../../core/civil-time.ts'
import type { Candidate, WindowOpening } from '../../sending/claim.ts'

interface Timetable {
  /** As stored: another one is parsed anew. */
  text: string
  configuration: CampaignConfiguration
  window: SendingWindow
}

/** The campaign's weekly window and staleness in the lead's zone; emails of no campaign may go at any time. */
export function createWindowOpening(): WindowOpening {
  const timetables = new Map<string, Timetable>()

  function timetableOf(campaign: NonNullable<Candidate['campaign']>): Timetable {
    const text = JSON.stringify(campaign.configuration)
    const known = timetables.get(campaign.id)
    if (known?.text === text) return known
    const configuration = campaignConfiguration.parse(campaign.configuration)
    const timetable = { text, configuration, window: windowOf(configuration) }
    timetables.set(campaign.id, timetable)
    return timetable
  }

  return ({ campaign, lead, firstDueAt }, now) => {
    if (!campaign) return { opensAt: now }
    const { configuration, window } = timetableOf(campaign)
    const zone = leadZone(lead?.timezone ?? null, campaign.timezone)
    const opensAt = nextOpen(window, zone, now)
    if (!configuration.staleAfter) return { opensAt }
    return { opensAt, staleAt: addCivil(firstDueAt, configuration.staleAfter, zone) }
  }
}
