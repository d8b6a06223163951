import { sql } from 'kysely'
import type { Trx } from '../db/connect.ts'
import { toJson } from '../db/json.ts'
import { setMailboxPaused } from './lane-store.ts'
import { recordProviderRefusal } from './recipient-store.ts'
import type { Consequence } from './scope.ts'
import type { Settlement } from './settlement.ts'

type Consequent = Pick<Settlement, 'tenantId' | 'id' | 'attempt'> & { consequence: Consequence }

/**
 * Writes what these settlements bring with them, for those whose attempt has not been settled yet: between the budgets and
 * the emails, so that a claim of the same mailbox waits and then sees it. No statement if there is none.
 */
export async function applyConsequences(trx: Trx, settlements: readonly Settlement[]): Promise<void> {
  const consequent = settlements.filter(
    (one): one is Settlement & Consequent => one.consequence !== undefined,
  )
  if (consequent.length === 0) return
  for (const { tenantId, consequence } of inOrder(await unsettled(trx, consequent))) {
    if (consequence.kind === 'cool_provider') await recordProviderRefusal(trx, { ...consequence, tenantId })
    else await setMailboxPaused(trx, { ...consequence, tenantId }, consequence, consequence.seconds)
  }
}

// What is replayed from a file twice must not pause again what an operator has resumed since.
async function unsettled(trx: Trx, consequent: readonly Consequent[]): Promise<Consequent[]> {
  const keys = consequent.map(({ tenantId, id, attempt }) => ({ tenantId, id, attempt }))
  const { rows } = await sql<{ id: string }>`
    select e.id from json_to_recordset(${toJson(keys)}) as i ("tenantId" uuid, id uuid, attempt int)
      join emails e on e.tenant_id = i."tenantId" and e.id = i.id and e.attempt = i.attempt
     where e.status in ('submitting', 'unknown')`.execute(trx)
  const ids = new Set(rows.map(({ id }) => id))
  return consequent.filter(({ id }) => ids.has(id))
}

const subjectOf = ({ tenantId, consequence }: Consequent): string =>
  consequence.kind === 'cool_provider'
    ? `p ${tenantId} ${consequence.provider}`
    : `m ${consequence.mailboxId}`

const secondsOf = ({ consequence }: Consequent): number =>
  consequence.kind === 'cool_provider'
    ? (consequence.hintSeconds ?? 0)
    : (consequence.seconds ?? Number.POSITIVE_INFINITY)

// One row, one statement, in one order for all processes: the longest of what was asked for.
function inOrder(consequent: readonly Consequent[]): Consequent[] {
  const longest = new Map<string, Consequent>()
  for (const one of consequent.toSorted((a, b) => secondsOf(a) - secondsOf(b)))
    longest.set(subjectOf(one), one)
  return [...longest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
}
