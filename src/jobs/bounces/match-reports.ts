import {
  findProof,
  type MailedEmail,
  type Match,
  matchRecipients,
  namedAddresses,
} from '../../bounces/match.ts'
import { listMailedByIds, listRecentlyMailed } from '../../bounces/match-store.ts'
import type { Db } from '../../db/connect.ts'
import type { ReadReport } from './read-report.ts'

/** What each report says about which of its mailbox's emails, in the order of the reports. */
export async function matchReports(db: Db, reports: readonly ReadReport[]): Promise<Match[][]> {
  const byIds = await listMailedByIds(
    db,
    reports.flatMap(({ clues }) => [...clues.verpRefs, ...clues.refs]),
    reports.flatMap(({ clues }) => [...clues.messageIds, ...clues.threadIds]),
  )
  const proofs = reports.map(({ stored }) =>
    byIds.filter(({ tenantId, mailboxId }) => tenantId === stored.tenantId && mailboxId === stored.mailboxId),
  )
  const recent = await findRecent(
    db,
    reports.filter((report, index) => needsRecent(report, proofs[index] ?? [])),
  )
  return reports.map((report, index) => {
    const { verdict, clues, stored } = report
    const found = recent.get(stored.id) ?? new Map()
    return matchRecipients(verdict, clues, stored.mailboxAddress, proofs[index] ?? [], found)
  })
}

// One recipient, and it is ours: nothing else to look for.
function needsRecent({ verdict, clues }: ReadReport, proofs: readonly MailedEmail[]): boolean {
  return verdict.recipients.length > 1 || (verdict.recipients.length === 1 && !findProof(clues, proofs))
}

async function findRecent(
  db: Db,
  reports: readonly ReadReport[],
): Promise<Map<string, Map<string, MailedEmail>>> {
  const wanted = reports.flatMap(({ stored: { tenantId, mailboxId, at }, verdict }) =>
    namedAddresses(verdict).map((address) => ({ tenantId, mailboxId, address, at })),
  )
  const rows = await listRecentlyMailed(db, wanted)
  return new Map(
    reports.map(({ stored }) => {
      const own = rows.filter(
        (row) =>
          row.tenantId === stored.tenantId &&
          row.mailboxId === stored.mailboxId &&
          row.at.getTime() === stored.at.getTime(),
      )
      return [stored.id, new Map(own.map((row) => [row.to, row]))]
    }),
  )
}
