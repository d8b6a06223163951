import { findTimeZone } from '../core/time-zone.ts'

/** The lead's own zone if it has one that exists, else the campaign's. */
export function leadZone(zone: string | null, campaignZone: string): string {
  return (zone && findTimeZone(zone)) || campaignZone
}
