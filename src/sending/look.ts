/** An email of unknown outcome that a mailbox is looked through for. */
export interface DoubtfulMessage {
  /** When it was claimed; where that is not known, the earliest that it can have been. */
  claimedAt: Date
  /** The database has forgotten the claim, if there was one. */
  forgotten: boolean
  unknownAt: Date
  /** Of its mailbox. */
  provider: { name: string; filesSentMail: boolean }
  /** Its tenant's. */
  policy: 'never_resend' | 'resend_if_absent'
}

export interface LookOptions {
  /** From the doubt to each look, growing. */
  looksSeconds: readonly number[]
  /** Before so long after the doubt began nothing is sent again. */
  graceSeconds: number
}

/** What a look that did not find the message is worth. */
export interface Absence {
  /** Paths of the folders that were looked through. */
  folders: readonly string[]
  /** Times at which other messages that were there too are known to have been sent, by folder. */
  controls: readonly (readonly Date[])[]
}

export type LookDecision =
  | { followedBy: 'look'; at: Date; reason: string }
  | { followedBy: 'parked'; code: string; reason: string }
  | { followedBy: 'scheduled'; reason: string }

const controlMs = 3_600_000

/** When the email is looked for next: looks that were missed are made up for by one. */
export function nextLookAt(unknownAt: Date, now: Date, looksSeconds: readonly number[]): Date | undefined {
  const ageMs = now.getTime() - unknownAt.getTime()
  const next = looksSeconds.find((seconds) => seconds * 1000 > ageMs)
  return next === undefined ? undefined : new Date(unknownAt.getTime() + next * 1000)
}

/** Whether a look through the same folder found another message known sent within an hour of this one. */
export function isControlled(
  { claimedAt }: Pick<DoubtfulMessage, 'claimedAt'>,
  { controls }: Absence,
): boolean {
  return controls.some((times) =>
    times.some((at) => Math.abs(at.getTime() - claimedAt.getTime()) <= controlMs),
  )
}

/**
 * What follows from a look that did not find the message. Only its absence at the last look, where others are found, at a
 * provider known to file what is submitted, says that it was not sent.
 */
export function decideAbsent(
  message: DoubtfulMessage,
  absence: Absence,
  { looksSeconds, graceSeconds }: LookOptions,
  now: Date,
): LookDecision {
  const where =
    absence.folders.length > 0 ? `not found in ${absence.folders.join(' and ')}` : 'no folder to look in'
  const next = nextLookAt(message.unknownAt, now, looksSeconds)
  if (next) return { followedBy: 'look', at: next, reason: where }
  const parked = (code: string, why: string) =>
    ({ followedBy: 'parked', code, reason: `${where}${why}` }) as const
  if (absence.folders.length === 0)
    return {
      followedBy: 'parked',
      code: 'no_sent_folder',
      reason: 'the mailbox has no folder for what it sends',
    }
  const { provider, policy } = message
  if (!provider.filesSentMail)
    return parked(
      'provider_unsure',
      `; its provider (${provider.name}) is not known to file all that is submitted`,
    )
  if (message.forgotten)
    return parked('forgotten', ', but when it would have been sent is not known: that proves nothing')
  if (!isControlled(message, absence))
    return parked('no_control', ', nor anything else known sent within an hour of it: that proves nothing')
  if (policy === 'never_resend')
    return parked('never_resend', ', though others are there; the tenant does not let it be sent again')
  const graceEnds = new Date(message.unknownAt.getTime() + graceSeconds * 1000)
  if (now < graceEnds) return { followedBy: 'look', at: graceEnds, reason: where }
  return {
    followedBy: 'scheduled',
    reason: `${where}, though others are there: it was not sent, and goes out again`,
  }
}

/** A look that failed proves nothing and is made again: soon at first, then when the doubt is older by a quarter. */
export function lookAgainAt(unknownAt: Date, now: Date, looksSeconds: readonly number[]): Date {
  const ageMs = now.getTime() - unknownAt.getTime()
  return new Date(now.getTime() + Math.max((looksSeconds[0] ?? 0) * 1000, ageMs / 4))
}
