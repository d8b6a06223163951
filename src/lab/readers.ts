import type { TrackingRequest } from '../analytics/machine.ts'
import { seededFraction } from '../core/seeded.ts'

/** Those who load the pictures and follow the links of an email, and how many of the emails they do it with. */
const readers = [
  {
    who: 'a person',
    isPerson: true,
    opens: 0.35,
    clicks: 0.06,
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    ip: '203.0.113.7',
  },
  {
    who: "Apple's privacy proxy",
    isPerson: false,
    opens: 0.3,
    clicks: 0,
    userAgent: 'Mozilla/5.0',
    ip: '17.58.100.1',
  },
  {
    who: 'a mail gateway',
    isPerson: false,
    opens: 0,
    clicks: 0.05,
    userAgent: 'Barracuda Sentinel (EE)',
    ip: '198.51.100.20',
  },
]

/** A request as the front door would see it. */
export interface Reading extends TrackingRequest {
  who: string
  isPerson: boolean
}

/** What becomes of an email that has arrived: the same for the same recipient and step. People who click have opened. */
export function readingsOf(email: { recipient: string; step: number }): Reading[] {
  return readers.flatMap(({ opens, clicks, ...reader }) => {
    const fraction = seededFraction(1, reader.who, email.recipient, email.step)
    const request = { ...reader, method: 'GET', purpose: undefined, sinceSentMs: 3_600_000 }
    return [
      ...(fraction < opens ? [{ ...request, type: 'opened' as const }] : []),
      ...(fraction < clicks ? [{ ...request, type: 'clicked' as const }] : []),
    ]
  })
}

/** How many emails people opened and clicked, and how often machines did. */
export interface ReadingCounts {
  opened: number
  clicked: number
  machineOpens: number
  machineClicks: number
}

/** Each reader does each thing once with an email. */
export function countReadings(readings: readonly Reading[]): ReadingCounts {
  const many = (type: Reading['type'], machine: boolean) =>
    readings.filter((reading) => reading.type === type && reading.isPerson !== machine).length
  return {
    opened: many('opened', false),
    clicked: many('clicked', false),
    machineOpens: many('opened', true),
    machineClicks: many('clicked', true),
  }
}
