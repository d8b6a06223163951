import { BodyGate, type ReleaseAnswer } from './body-gate.ts'
import { parseServerMessageId } from './message-id.ts'
import { classifySubmission, type SubmissionFacts, type SubmissionVerdict } from './outcome.ts'
import type { DeliveryError } from './pooled-transport.ts'
import { parseReply, type SmtpCommand, type SmtpReply } from './reply.ts'
import { scrub } from './security.ts'
import type { SmtpTransport } from './transports.ts'

export interface Submission {
  /** Envelope sender and the one recipient. */
  from: string
  to: string
  body: Buffer
  /** Our Message-ID, to notice when the server has given another. */
  messageId?: string | undefined
  /** Asked once, at the moment before the last chunk would leave; anything but `true` withholds it. */
  mayRelease: () => ReleaseAnswer | Promise<ReleaseAnswer>
  /** Gives the submission up if the last chunk has not left yet; afterwards the reply is waited for. */
  signal?: AbortSignal | undefined
  /** For everything up to the last chunk; RFC 5321 section 4.5.3.2 gives each command 5 minutes. */
  prepareTimeoutMs?: number | undefined
}

export interface SubmissionResult {
  verdict: SubmissionVerdict
  /** What happened in words: the server's where it spoke. Holds no secret. */
  detail: string
  reply?: SmtpReply | undefined
  serverMessageId?: string | undefined
  released: boolean
  timings: SubmissionTimings
}

/** Milliseconds since the call; a missing one was not reached. */
export interface SubmissionTimings {
  /** Logged in and ready for MAIL FROM. */
  readyMs?: number | undefined
  /** The last chunk was handed over. */
  releasedMs?: number | undefined
  totalMs: number
}

const defaultPrepareTimeoutMs = 5 * 60_000

/** Submits one message. Every SMTP outcome is a verdict: it never rejects for what a server or network did. */
export function submit(transport: SmtpTransport, submission: Submission): Promise<SubmissionResult> {
  const { from, to, body, signal } = submission
  return new Promise((resolve) => {
    const gate = new BodyGate(body, submission.mayRelease, (refusal) => settle({ refusal }))
    let timer = setTimeout(expire, submission.prepareTimeoutMs ?? defaultPrepareTimeoutMs)
    const onAbort = () => gate.refuse('aborted')
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted) onAbort()
    else transport.deliver({ from, to }, gate, body.length, onDelivered)

    function onDelivered(error?: DeliveryError, response?: string) {
      settle(error ? failureFacts(error, gate) : { reply: parseReply(response ?? '', 'end of DATA') })
    }
    function expire() {
      const sinceRelease =
        gate.releasedAt === undefined ? Number.POSITIVE_INFINITY : performance.now() - gate.releasedAt
      const leftMs = transport.replyDeadlineMs - sinceRelease
      if (leftMs > 0) timer = setTimeout(expire, leftMs)
      else
        settle({ error: { code: 'ETIMEDOUT', command: phaseOf(gate), message: 'the server took too long' } })
    }
    function settle(facts: Omit<SubmissionFacts, 'released'>) {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      gate.shut()
      resolve(resultOf(transport, submission, gate, { ...facts, released: gate.releasedAt !== undefined }))
    }
  })
}

function resultOf(
  { mailbox }: SmtpTransport,
  { messageId }: Submission,
  gate: BodyGate,
  facts: SubmissionFacts,
): SubmissionResult {
  const verdict = classifySubmission(facts)
  const reply = facts.reply && { ...facts.reply, text: scrub(facts.reply.text, mailbox) }
  const accepted = verdict.kind === 'accepted' && reply && messageId
  return {
    verdict,
    detail: scrub(detailOf(facts, reply), mailbox),
    reply,
    serverMessageId: accepted
      ? parseServerMessageId(reply.text, messageId, mailbox.provider ?? '', mailbox.host)
      : undefined,
    released: facts.released,
    timings: {
      readyMs: gate.openedAt && gate.openedAt - gate.startedAt,
      releasedMs: gate.releasedAt && gate.releasedAt - gate.startedAt,
      totalMs: performance.now() - gate.startedAt,
    },
  }
}

function detailOf({ error, refusal }: SubmissionFacts, reply: SmtpReply | undefined): string {
  if (reply)
    return [reply.code, reply.enhancedStatus, reply.text, `(${reply.command})`].filter(Boolean).join(' ')
  return error?.message ?? (refusal ? `withheld before its end: ${refusal}` : 'no reply')
}

/** What nodemailer's error says: the reply if there was one, the phase by how far our own stream came. */
export function failureFacts(
  error: DeliveryError,
  gate?: BodyGate,
): Pick<SubmissionFacts, 'reply' | 'error'> {
  const refused = (error.responseCode ?? 0) >= 400
  return {
    reply: refused ? parseReply(error.response ?? '', commandOf(error, gate)) : undefined,
    error: {
      code: error.code ?? (error.message === 'Connection pool was closed' ? 'ECLOSED' : 'EUNKNOWN'),
      command: gate ? phaseOf(gate) : 'connect',
      message: error.message,
    },
  }
}

function phaseOf(gate: BodyGate): 'connect' | 'session' {
  return gate.openedAt === undefined ? 'connect' : 'session'
}

const commandByName: Record<string, SmtpCommand> = {
  HELO: 'EHLO',
  EHLO: 'EHLO',
  STARTTLS: 'STARTTLS',
  'MAIL FROM': 'MAIL FROM',
  'RCPT TO': 'RCPT TO',
}

function commandOf({ code, command = '' }: DeliveryError, gate?: BodyGate): SmtpCommand {
  if (command.startsWith('AUTH')) return 'AUTH'
  // Nodemailer says DATA for both; CONN is also where a reply without a line end before a close is put.
  if (gate?.releasedAt !== undefined || (command === 'DATA' && code === 'EMESSAGE')) return 'end of DATA'
  if (command === 'DATA') return 'DATA'
  return commandByName[command] ?? 'connect'
}
