import type { HeldMessage, WarmupWitness } from './warmup-witness.ts'

/** What a scene was set up with, and what was planned in it. */
export interface WarmupScenario {
  mailboxes: readonly { address: string; tenant: string }[]
  ramp: { start: number; step: number; ceiling: number; jitter: number }
  days: number
  /** Days in which a pair begins one conversation. */
  restDays: number
  /** Where warmup messages end. */
  folder: string
  plans: readonly PlannedDay[]
}

/** A mailbox's plan of a day: new conversations that it wanted to begin, and those for which there was a partner. */
export interface PlannedDay {
  address: string
  day: number
  wanted: number
  planned: number
}

/** One thing that has to hold; it does if there is no fault. */
export interface WarmupCheck {
  /** What holds, in words and figures. */
  words: string
  /** What does not, one by one. */
  faults: string[]
}

/** Holds what a provider has seen against the rules of warmup; nothing is taken from our own tables but the plans. */
export function judgeWarmup(scenario: WarmupScenario, witness: WarmupWitness): WarmupCheck[] {
  return [
    judgeRamps(scenario, witness),
    judgePairs(scenario, witness),
    judgeRescues(scenario, witness),
    judgeThreads(witness),
    judgeDoubles(scenario, witness),
  ]
}

/** Least and most that the ramp allows on a day of the scene, by its definition: the curve, and its jitter around it. */
export function rampRange(
  { start, step, ceiling, jitter }: WarmupScenario['ramp'],
  day: number,
): { level: number; least: number; most: number } {
  const level = Math.min(ceiling, start + step * (day - 1))
  const at = (share: number) => Math.min(ceiling, Math.max(1, Math.round(level * share)))
  return { level, least: at(1 - jitter), most: at(1 + jitter) }
}

function judgeRamps(scenario: WarmupScenario, { posted }: WarmupWitness): WarmupCheck {
  const { mailboxes, days, plans, ramp } = scenario
  const faults: string[] = []
  let short = 0
  for (let day = 1; day <= days; day += 1) {
    const { least, most } = rampRange(ramp, day)
    for (const { address } of mailboxes) {
      const sent = posted.filter((message) => message.from === address && message.day === day)
      const begun = sent.filter(({ inReplyTo }) => inReplyTo === undefined).length
      const plan = plans.find((one) => one.address === address && one.day === day)
      const said = `${address} sent ${sent.length} on day ${day}`
      if (!plan) faults.push(`${said}, which was not planned`)
      else if (begun !== plan.planned)
        faults.push(`${said}, and began ${begun} of ${plan.planned} conversations`)
      if (sent.length > most) faults.push(`${said}, over the ${most} that the ramp allows at most`)
      // A small pool runs out of partners who may meet again.
      const noPartner = plan !== undefined && plan.planned < plan.wanted
      if (sent.length < least && noPartner) short += 1
      else if (sent.length < least) faults.push(`${said}, under the ${least} that the ramp asks for`)
    }
  }
  const but = short > 0 ? `; ${short} ran out of partners` : ''
  const share = Math.round(100 * ramp.jitter)
  const words = `All ${days * mailboxes.length} days of mailboxes follow their ramps, ±${share} %${but}.`
  return { words, faults }
}

function judgePairs({ mailboxes, restDays }: WarmupScenario, { posted }: WarmupWitness): WarmupCheck {
  const tenantOf = new Map(mailboxes.map(({ address, tenant }) => [address, tenant]))
  const faults: string[] = []
  for (const { from, to, day } of posted) {
    const said = `${from} wrote to ${to} on day ${day}`
    if (domainOf(from) === domainOf(to)) faults.push(`${said}: one domain`)
    if (tenantOf.get(from) === tenantOf.get(to)) faults.push(`${said}: one tenant`)
  }
  const begun = posted.filter(({ inReplyTo }) => inReplyTo === undefined)
  const pairs = Map.groupBy(begun, ({ from, to }) => [from, to].sort().join(' and '))
  for (const [pair, messages] of pairs) {
    const days = messages.map(({ day }) => day).sort((a, b) => a - b)
    for (const [at, day] of days.entries()) {
      const before = days[at - 1]
      if (before !== undefined && day - before < restDays)
        faults.push(`${pair} met on days ${before} and ${day}`)
    }
  }
  const words = `${begun.length} conversations: none within a tenant or domain, no pair twice in ${restDays} days.`
  return { words, faults }
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1)

function judgeRescues({ folder }: WarmupScenario, { posted, held, changes }: WarmupWitness): WarmupCheck {
  const ours = new Set(posted.map(({ messageId }) => messageId))
  const faults: string[] = []
  for (const { messageId, to, folder: into } of posted) {
    const lies = held.filter((message) => message.mailbox === to && message.messageId === messageId)
    const where = lies.map((message) => message.folder).join(' and ') || 'nowhere'
    if (where !== folder) faults.push(`${messageId} came into ${into} of ${to}, and lies ${where}`)
  }
  const foreign = held.filter(({ messageId }) => !ours.has(messageId))
  for (const { mailbox, messageId, flags } of foreign)
    if (
      flags.length > 0 ||
      changes.some((change) => change.mailbox === mailbox && change.messageId === messageId)
    )
      faults.push(`${messageId} in ${mailbox} is none of the pool, and was touched`)
  const junk = posted.filter((message) => message.folder === 'Junk').length
  if (junk === 0) faults.push('nothing landed in Junk: there was nothing to rescue')
  const words = `${junk} of ${posted.length} messages landed in Junk: all are rescued, ${foreign.length} of real spam are not.`
  return { words, faults }
}

function judgeThreads({ posted, held }: WarmupWitness): WarmupCheck {
  const boxes = Map.groupBy(held, ({ mailbox }) => mailbox)
  const answers = posted.filter(({ inReplyTo }) => inReplyTo !== undefined)
  const faults = answers.flatMap(({ messageId, to }) => {
    const box = boxes.get(to) ?? []
    const copy = box.find((message) => message.messageId === messageId)
    const fault = copy ? threadFault(copy, box) : 'is not there'
    return fault ? [`${messageId} in ${to} ${fault}`] : []
  })
  if (answers.length === 0) faults.push('nothing was answered')
  return {
    words: `${answers.length} answers lie in their conversations, in the mailboxes that got them.`,
    faults,
  }
}

/** As a mail program threads: all that an answer refers to lies in the same mailbox, and ends with what it answers. */
function threadFault(
  { inReplyTo, references, subject }: HeldMessage,
  box: readonly HeldMessage[],
): string | undefined {
  const find = (id: string | undefined) => box.find(({ messageId }) => messageId === id)
  const answered = find(inReplyTo)
  if (!answered) return `answers ${inReplyTo ?? 'nothing'}, which is not there`
  const lost = references.find((id) => !find(id))
  if (lost) return `refers to ${lost}, which is not there`
  const expected = [...answered.references, answered.messageId].join(' ')
  if (references.join(' ') !== expected) return `refers to ${references.join(' ')}, not to ${expected}`
  if (subject !== `Re: ${answered.subject.replace(/^Re: /, '')}`) return `has another subject: ${subject}`
  return undefined
}

function judgeDoubles({ folder }: WarmupScenario, { posted, changes, cuts }: WarmupWitness): WarmupCheck {
  const faults: string[] = []
  const done = Map.groupBy(changes, ({ mailbox, messageId }) => `${messageId} in ${mailbox}`)
  for (const message of posted) {
    const said = `${message.messageId} in ${message.to}`
    const what = (done.get(said) ?? []).map((change) => change.what).sort()
    const expected = ['+\\Flagged', '+\\Seen', `INBOX → ${folder}`]
    if (message.folder === 'Junk') expected.push('Junk → INBOX')
    if (what.join(', ') !== expected.join(', ')) faults.push(`${said} got: ${what.join(', ') || 'nothing'}`)
  }
  for (const [id, times] of Map.groupBy(posted, ({ messageId }) => messageId))
    if (times.length > 1) faults.push(`${id} was sent ${times.length} times`)
  for (const [id, answers] of Map.groupBy(
    posted,
    ({ from, inReplyTo }) => inReplyTo && `${inReplyTo} by ${from}`,
  ))
    if (id && answers.length > 1) faults.push(`${id} was answered ${answers.length} times`)
  if (cuts === 0) faults.push('no round was cut off')
  const words = `${cuts} rounds were cut off midway: nothing was done twice, and nothing left out.`
  return { words, faults }
}
