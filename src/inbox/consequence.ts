import type { Triage } from './triage.ts'

/** What a campaign says about answers. */
export interface AnswerPolicy {
  stopOnReply: boolean
  stopOnAutoReply: boolean
  stopForCompany: boolean
}

/** What follows from a message that answers one of our emails. */
export interface Consequence {
  event: 'replied' | 'auto_replied' | 'unsubscribed' | undefined
  /** `lead`: every campaign that writes to this address. */
  stop: { scope: 'campaign' | 'lead'; code: string; reason: string } | undefined
  /** Stop the campaign for the other leads of this lead's company too. */
  stopCompany: boolean
  /** The day (YYYY-MM-DD) before which nothing is sent to this lead. */
  holdUntil: string | undefined
  suppress: boolean
}

const nothing: Consequence = {
  event: undefined,
  stop: undefined,
  stopCompany: false,
  holdUntil: undefined,
  suppress: false,
}

export function decideConsequence(triage: Triage, policy: AnswerPolicy): Consequence {
  switch (triage.class) {
    case 'reply':
      return humanReply(policy)
    case 'other':
      // A person we wrote to writes a message of its own: an answer, though no header says so.
      return triage.kind === 'message' ? humanReply(policy) : nothing
    case 'auto_reply':
      return {
        ...nothing,
        event: 'auto_replied',
        stop: policy.stopOnAutoReply ? autoReplied : undefined,
        holdUntil: triage.returnsOn,
      }
    case 'unsubscribe':
      return { ...nothing, event: 'unsubscribed', stop: unsubscribed, suppress: true }
    case 'report':
    case 'complaint':
    case 'challenge':
    case 'warmup':
      return nothing
  }
}

function humanReply({ stopOnReply, stopForCompany }: AnswerPolicy): Consequence {
  const stop = { scope: 'campaign', code: 'replied', reason: 'the lead replied' } as const
  return {
    ...nothing,
    event: 'replied',
    stop: stopOnReply ? stop : undefined,
    stopCompany: stopOnReply && stopForCompany,
  }
}

const autoReplied = {
  scope: 'campaign',
  code: 'auto_replied',
  reason: 'the lead answered with an automatic reply',
} as const
const unsubscribed = {
  scope: 'lead',
  code: 'unsubscribed',
  reason: 'the lead asked not to be mailed',
} as const
