import { causesOfLane, turnOf } from './causes.ts'
import type { Cause, Group, LaneFacts } from './facts.ts'
import { withNote } from './words.ts'

/** Emails that share a state, a lane and a reason. */
export interface EmailGroup {
  status: 'scheduled' | 'held' | 'submitting' | 'sent' | 'failed' | 'skipped' | 'unknown'
  mailboxId: string
  lane: LaneFacts['lane']
  due: boolean
  code: string | null
  /** Of one of them. */
  reason: string | null
  parkedCode: string | null
  count: number
  /** The first that is due, or looked for. */
  first: Date | null
}

/** What each group waits for: one entry a cause, the most emails first. */
export function groupCauses(
  groups: readonly EmailGroup[],
  lanes: ReadonlyMap<string, LaneFacts>,
  held?: Cause,
): Group[] {
  const merged = new Map<string, Group>()
  for (const group of groups) {
    const cause = causeOfGroup(group, lanes.get(laneId(group)), held)
    if (!cause) continue
    const key = `${cause.code} ${cause.words}`
    const known = merged.get(key)
    merged.set(key, known ? joined(known, cause, group.count) : { ...cause, count: group.count })
  }
  return [...merged.values()].toSorted((a, b) => b.count - a.count)
}

export const laneId = ({ mailboxId, lane }: { mailboxId: string; lane: string }): string =>
  `${mailboxId}:${lane}`

// Of many, until when the first of them waits.
function joined(known: Group, { until }: Cause, count: number): Group {
  const sooner = until && (!known.until || until < known.until) ? until : known.until
  return { ...known, until: sooner, count: known.count + count }
}

function causeOfGroup(group: EmailGroup, lane: LaneFacts | undefined, held?: Cause): Cause | undefined {
  switch (group.status) {
    case 'held':
      return held ?? { code: 'released', words: 'the scheduler is about to put it back' }
    case 'submitting':
      return { code: 'submitting', words: 'it is with the server' }
    case 'unknown':
      return group.parkedCode
        ? {
            code: group.parkedCode,
            words: `unknown, and waits for you: ${withNote(group.parkedCode, null)}`,
            until: null,
          }
        : { code: 'look', words: 'unknown: it is looked for in its mailbox', until: group.first ?? undefined }
    case 'scheduled':
      return held ?? causeOfScheduled(group, lane)
    default:
      return undefined
  }
}

function causeOfScheduled({ due, code, first }: EmailGroup, lane: LaneFacts | undefined): Cause | undefined {
  const [ofLane] = lane ? causesOfLane(lane, due) : []
  if (ofLane && (due || ofLane.until === null || (ofLane.until && first && ofLane.until > first)))
    return ofLane
  if (due) return lane ? turnOf(lane) : undefined
  // The note of one of them may name its server's words: of a group only what they share is said.
  const words = code ? withNote(code, null) : 'its time has not come'
  return { code: code ?? 'not_due', words, until: first ?? undefined }
}

/** How those that have ended did, by reason. */
function groupEnds(groups: readonly EmailGroup[]): Group[] {
  const ended = groups.filter(({ status }) => status === 'failed' || status === 'skipped')
  const merged = new Map<string, Group>()
  for (const { status, code, count } of ended) {
    const words = `${status}: ${withNote(code ?? 'message_rejected', null)}`
    merged.set(words, { code: code ?? status, words, count: (merged.get(words)?.count ?? 0) + count })
  }
  return [...merged.values()].toSorted((a, b) => b.count - a.count)
}

/** `3 scheduled, 12 sent`. */
export function countStates(groups: readonly EmailGroup[]): string {
  const counts = new Map<string, number>()
  for (const { status, count } of groups) counts.set(status, (counts.get(status) ?? 0) + count)
  return [...counts].map(([status, count]) => `${count.toLocaleString('en')} ${status}`).join(', ')
}

/** What ended, as lines. */
export function endLines(groups: readonly EmailGroup[]): string[] {
  return groupEnds(groups)
    .slice(0, 10)
    .map(({ count, words }) => `${count.toLocaleString('en')} ${words}`)
}
