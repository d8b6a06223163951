import { pausedCause } from './causes.ts'
import { answerOf, at, untilWords } from './email.ts'
import type { Cause, Explanation, LaneFacts } from './facts.ts'
import { countStates, type EmailGroup, endLines, groupCauses } from './groups.ts'

export interface CampaignFacts {
  id: string
  name: string
  status: 'draft' | 'active' | 'paused' | 'completed'
  statusReason: string | null
  guardPaused: boolean
  completedAt: Date | null
  /** Null while leads are still being taken up. */
  enrolledAt: Date | null
  /** Leads by where their sequence stands. */
  leads: { active: number; finished: number; stopped: number; toPlan: number; away: number }
  groups: readonly EmailGroup[]
  lanes: ReadonlyMap<string, LaneFacts>
  schedulerWorks: boolean
}

export function explainCampaign(facts: CampaignFacts): Explanation {
  const { id, name, status } = facts
  const held = heldCause(facts)
  const groups = groupCauses(facts.groups, facts.lanes, held)
  return {
    type: 'campaign',
    id,
    name: `"${name}"`,
    state: status,
    answer: answer(facts, held, groups),
    causes: held ? [held] : groups.slice(0, 1),
    groups,
    details: [leadsLine(facts), countsLine(facts), ...endLines(facts.groups)].filter((line) => line !== ''),
  }
}

function heldCause({ status, statusReason, guardPaused }: CampaignFacts): Cause | undefined {
  if (status !== 'paused') return undefined
  return pausedCause('campaign_paused', 'the campaign', { statusReason, guardPaused })
}

function answer(
  facts: CampaignFacts,
  held: Cause | undefined,
  groups: readonly (Cause & { count: number })[],
): string {
  if (facts.status === 'draft') return 'It is a draft: launch it with rookery campaign launch.'
  if (facts.status === 'completed')
    return `It has ended${facts.completedAt ? ` on ${at(facts.completedAt)}` : ''}: the sequence of every lead has.`
  if (held) return answerOf('Nothing of it is sent', [held])
  if (!facts.schedulerWorks)
    return 'Nothing of it is planned or queued: no scheduler works. Start one: rookery start.'
  const [first] = groups
  if (first) {
    const count = first.count.toLocaleString('en')
    return `Most that wait (${count})${first.until === undefined ? '' : `, the first${untilWords(first)}`}: ${first.words}.`
  }
  if (!facts.enrolledAt) return 'Its leads are being taken up.'
  if (facts.leads.away > 0) return 'Its remaining leads are away.'
  return facts.leads.active > 0 ? 'The next steps of its leads are being planned.' : 'Nothing of it waits.'
}

function leadsLine({ leads, enrolledAt, status }: CampaignFacts): string {
  if (status === 'draft') return ''
  const all = leads.active + leads.finished + leads.stopped
  const taking = enrolledAt ? '' : '; more are being taken up'
  const away = leads.away > 0 ? `, ${leads.away} away` : ''
  return `Leads: ${all}, of which ${leads.active} under way${away}, ${leads.finished} finished, ${leads.stopped} stopped${taking}.`
}

const countsLine = ({ groups }: CampaignFacts): string =>
  groups.length === 0 ? '' : `Emails: ${countStates(groups)}.`
