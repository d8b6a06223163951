import type { ReportClues } from './clues.ts'
import type { RecipientVerdict, ReportVerdict } from './verdict.ts'

/** An email that left the reporting mailbox, or may have. */
export interface MailedEmail {
  tenantId: string
  id: string
  mailboxId: string
  /** Whom we mailed; the only address that anything is done to. */
  to: string
  messageId: string | null
  serverMessageId: string | null
  ref: string | null
  campaignId: string | null
  leadId: string | null
}

export type MatchedBy = 'verp' | 'message_id' | 'ref' | 'original_recipient' | 'recency' | 'thread'

export interface Match {
  email: MailedEmail
  recipient: RecipientVerdict
  matchedBy: MatchedBy
}

/** How long after it was sent an email may be meant by a report that names its recipient only. */
export const recencyDays = 7

/**
 * Which of these emails the report is about, by what only our own message can have carried: the surest first. Their
 * mailbox must be the one that the report came to.
 */
export function findProof(
  clues: ReportClues,
  emails: readonly MailedEmail[],
): { email: MailedEmail; matchedBy: MatchedBy } | undefined {
  const byRef = (refs: readonly string[]) => emails.find(({ ref }) => ref !== null && refs.includes(ref))
  const byId = (ids: readonly string[]) =>
    emails.find(({ messageId, serverMessageId }) =>
      [messageId, serverMessageId].some((id) => id !== null && ids.includes(id)),
    )
  const tellings = [
    ['verp', byRef(clues.verpRefs)],
    ['message_id', byId(clues.messageIds)],
    ['ref', byRef(clues.refs)],
    ['thread', byId(clues.threadIds)],
  ] as const
  for (const [matchedBy, email] of tellings) if (email) return { email, matchedBy }
  return undefined
}

/** Addresses to look for among what the mailbox has lately sent, where nothing better tells. */
export function namedAddresses({ recipients, original }: ReportVerdict): string[] {
  const named = recipients.flatMap(({ originalRecipient, address }) => [originalRecipient, address])
  return [...new Set([...named, original.to].flatMap((address) => address?.toLowerCase() ?? []))]
}

/**
 * What is said about each email that the mailbox sent. `recent`: the latest email to each named address. Somebody
 * else's returned message proves nothing, whoever its recipient is (a joe-job).
 */
export function matchRecipients(
  report: ReportVerdict,
  clues: ReportClues,
  mailbox: string,
  proofs: readonly MailedEmail[],
  recent: ReadonlyMap<string, MailedEmail>,
): Match[] {
  const proof = findProof(clues, proofs)
  const own = proof ? matchProven(report.recipients, proof) : []
  if (clues.returnedFrom !== null && clues.returnedFrom !== mailbox) return own
  if (proof && !named(report.recipients, proof.email.to)) return own
  const others = proof
    ? report.recipients.filter((recipient) => !names(recipient, proof.email.to))
    : report.recipients
  return distinct([...own, ...others.flatMap((recipient) => matchRecent(report, recipient, recent, !proof))])
}

// Behind a forwarder the report names addresses that we never mailed. Where an alias went to several, ours is dead
// only if all of them are.
function matchProven(
  recipients: readonly RecipientVerdict[],
  proof: { email: MailedEmail; matchedBy: MatchedBy },
): Match[] {
  const direct = recipients.filter((recipient) => names(recipient, proof.email.to))
  const recipient = mildest(direct.length > 0 ? direct : recipients)
  return recipient ? [{ ...proof, recipient }] : []
}

const severity = ['delivered', 'autoreply', 'other', 'feedback', 'delayed', 'soft', 'hard']

function mildest(recipients: readonly RecipientVerdict[]): RecipientVerdict | undefined {
  return recipients.toSorted((a, b) => severity.indexOf(a.kind) - severity.indexOf(b.kind))[0]
}

function matchRecent(
  { recipients, original }: ReportVerdict,
  recipient: RecipientVerdict,
  recent: ReadonlyMap<string, MailedEmail>,
  alone: boolean,
): Match[] {
  const stated = find(recent, recipient.originalRecipient)
  if (stated) return [{ email: stated, recipient, matchedBy: 'original_recipient' }]
  // The returned message's own recipient stands for the failed one only when there is just one.
  const returned = alone && recipients.length === 1 ? find(recent, original.to) : undefined
  const email = returned ?? find(recent, recipient.address)
  return email ? [{ email, recipient, matchedBy: 'recency' }] : []
}

const find = (recent: ReadonlyMap<string, MailedEmail>, address: string | null) =>
  address === null ? undefined : recent.get(address.toLowerCase())

/** Whether the report says it of this very address. */
export const names = ({ address, originalRecipient }: RecipientVerdict, to: string): boolean =>
  [address, originalRecipient].some((named) => named?.toLowerCase() === to.toLowerCase())

const named = (recipients: readonly RecipientVerdict[], to: string): boolean =>
  recipients.some((recipient) => names(recipient, to))

/** One verdict for an email, the first. */
function distinct(matches: readonly Match[]): Match[] {
  const seen = new Set<string>()
  return matches.filter(({ email }) => !seen.has(email.id) && seen.add(email.id))
}
