import { causesOfLane, turnOf } from './causes.ts'
import { answerOf, at } from './email.ts'
import type { Explanation, LaneFacts } from './facts.ts'
import { countStates, type EmailGroup, groupCauses, laneId } from './groups.ts'

export interface MailboxFacts {
  /** One for each priority. */
  lanes: readonly LaneFacts[]
  /** Its emails that have not ended. */
  groups: readonly EmailGroup[]
}

/** Undefined: it has no lane. */
export function explainMailbox({ lanes, groups }: MailboxFacts): Explanation | undefined {
  const [any] = lanes
  if (!any) return undefined
  const waiting = groups.filter(({ status }) => status === 'scheduled')
  const due = waiting.some((group) => group.due)
  const causes = causesOfLane(any, false)
  const parts = lanes.map((lane) => explainLane(lane, waiting)).filter((part) => part !== undefined)
  return {
    type: 'mailbox',
    id: any.mailbox.id,
    name: any.mailbox.address,
    state: any.mailbox.status,
    answer: answer(causes, parts, due, waiting),
    causes,
    details: [
      `Its limits leave it ${any.budget.left.toLocaleString('en')} of ${any.budget.daily.toLocaleString('en')} emails a day.`,
      groups.length > 0 ? `Emails: ${countStates(groups)}.` : 'It has no email that is not ended.',
    ],
    groups: groupCauses(
      groups,
      new Map(lanes.map((lane) => [laneId({ mailboxId: lane.mailbox.id, lane: lane.lane }), lane])),
    ),
    parts,
  }
}

function answer(
  causes: Explanation['causes'],
  parts: readonly Explanation[],
  due: boolean,
  waiting: readonly EmailGroup[],
): string {
  if (causes.length > 0) return answerOf('It sends nothing', causes)
  if (waiting.length === 0) return 'Nothing waits to be sent from it.'
  const firstPart = parts.find((part) => part.causes.length > 0)
  if (due && firstPart) return answerOf('Its due emails wait', firstPart.causes)
  const next = waiting.flatMap(({ first }) => first ?? []).toSorted((a, b) => a.getTime() - b.getTime())[0]
  return next ? `Nothing is due; the next is on ${at(next)}.` : 'Nothing is due.'
}

function explainLane(lane: LaneFacts, waiting: readonly EmailGroup[]): Explanation | undefined {
  const mine = waiting.filter((group) => group.lane === lane.lane)
  if (mine.length === 0) return undefined
  const due = mine.some((group) => group.due)
  const found = causesOfLane(lane, due)
  const causes = found.length > 0 || !due ? found : [turnOf(lane)]
  const count = mine.reduce((sum, group) => sum + group.count, 0)
  const dueCount = mine.filter((group) => group.due).reduce((sum, group) => sum + group.count, 0)
  return {
    type: 'mailbox',
    id: lane.mailbox.id,
    name: `lane ${lane.lane}`,
    state: `${count.toLocaleString('en')} wait, ${dueCount.toLocaleString('en')} due`,
    answer: causes.length > 0 ? answerOf('It waits', causes) : 'Nothing is due.',
    causes,
    details: [],
  }
}
