import type { CampaignDefinition } from '../campaigns/campaign-file.ts'
import type { StepDelay } from '../campaigns/delay.ts'

const wholeDay = ['00:00-24:00']
const everyHour = {
  mon: wholeDay,
  tue: wholeDay,
  wed: wholeDay,
  thu: wholeDay,
  fri: wholeDay,
  sat: wholeDay,
  sun: wholeDay,
}

/** Long enough for what comes back to be read before the next email is due. */
export const secondsADay = 3

/** The same campaign for somebody who watches: a day of delay takes 3 seconds, and the window is always open. */
export function compressClock(definition: CampaignDefinition): CampaignDefinition {
  const { staleAfter: _, ...configuration } = definition.configuration
  return {
    ...definition,
    configuration: { ...configuration, window: everyHour, holidays: [] },
    steps: definition.steps.map((step) => ({ ...step, delay: compressDelay(step.delay) })),
  }
}

function compressDelay({ days = 0, hours = 0, minutes = 0, seconds = 0 }: StepDelay): StepDelay {
  const inDays = days + hours / 24 + minutes / 1440 + seconds / 86_400
  return inDays === 0 ? {} : { seconds: Math.max(1, Math.round(inDays * secondsADay)) }
}
