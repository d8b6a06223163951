import { answerOf } from './email.ts'
import type { Cause, Explanation, LaneFacts } from './facts.ts'
import { countStates, type EmailGroup, endLines, groupCauses } from './groups.ts'

export interface TenantFacts {
  id: string
  name: string
  status: 'active' | 'suspended'
  /** Of all its emails. */
  groups: readonly EmailGroup[]
  lanes: ReadonlyMap<string, LaneFacts>
  pausedCampaigns: readonly { name: string; reason: string | null }[]
  schedulerWorks: boolean
}

export function explainTenant(facts: TenantFacts): Explanation {
  const { id, name, status, lanes, pausedCampaigns } = facts
  const groups = groupCauses(facts.groups, lanes, suspended(facts))
  const [first] = groups
  return {
    type: 'tenant',
    id,
    name,
    state: status,
    answer: answer(facts, first),
    causes: first ? [first] : [],
    groups,
    details: [
      facts.groups.length > 0 ? `Emails: ${countStates(facts.groups)}.` : 'It has no emails yet.',
      ...pausedCampaigns.map(
        (paused) => `The campaign "${paused.name}" is paused: ${paused.reason ?? 'by hand'}.`,
      ),
      ...endLines(facts.groups),
    ],
  }
}

const suspended = ({ status }: TenantFacts): Cause | undefined =>
  status === 'suspended'
    ? { code: 'tenant_suspended', words: 'the tenant is suspended', until: null }
    : undefined

function answer(facts: TenantFacts, first: (Cause & { count: number }) | undefined): string {
  const off = suspended(facts)
  if (off) return answerOf('Nothing of it is sent', [off])
  if (!facts.schedulerWorks)
    return 'Nothing of it is planned or queued: no scheduler works. Start one: rookery start.'
  if (!first) return 'Nothing of it waits.'
  return answerOf(`${first.count.toLocaleString('en')} emails wait`, [first])
}
