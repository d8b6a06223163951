/** What the server was answering, in the words of RFC 5321; `connect` is its greeting, `end of DATA` the reply to the final dot. */
export type SmtpCommand =
  | 'connect'
  | 'EHLO'
  | 'STARTTLS'
  | 'AUTH'
  | 'MAIL FROM'
  | 'RCPT TO'
  | 'DATA'
  | 'end of DATA'

export interface SmtpReply {
  /** 250, 421, 550 … (RFC 5321 section 4.2). */
  code: number
  /** 5.1.1, 4.7.0 … (RFC 3463), if the server gave one. */
  enhancedStatus?: string | undefined
  /** The words, on one line, without the codes. */
  text: string
  command: SmtpCommand
}

const maxTextLength = 2_000
const replyLine = /^(\d{3})(?:[ -]|$)(.*)$/
const leadingStatus = /^#?([245]\.\d{1,3}\.\d{1,3})\b[: ]*/

/** Reads a reply as it came from the wire, also one of several lines; undefined if it starts with no reply code. */
export function parseReply(response: string, command: SmtpCommand): SmtpReply | undefined {
  let code: number | undefined
  let enhancedStatus: string | undefined
  const words: string[] = []
  for (const line of response.slice(0, maxTextLength).split(/\r?\n/)) {
    const parts = replyLine.exec(line)
    if (parts) code ??= Number(parts[1])
    const rest = parts?.[2] ?? line
    const status = leadingStatus.exec(rest)
    enhancedStatus ??= status?.[1]
    words.push(rest.slice(status?.[0].length ?? 0).trim())
  }
  if (code === undefined) return undefined
  return { code, enhancedStatus, text: words.filter(Boolean).join(' '), command }
}

const secondsPerUnit: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 }
const minHintSeconds = 60
const maxHintSeconds = 4 * 86_400
const spokenHint =
  /\b(?:in|for|after|wait|within)\s{1,3}(\d{1,6})\s{0,3}(s|sec|m|min|h|hour|d|day)[a-z]{0,8}\b/i
const clockHint = /\b(?:in|for|after)\s{1,3}(\d{1,2}):(\d\d):(\d\d)\b/i

/** The server's own "try again in N minutes", in seconds; never under a minute nor over four days. */
export function retryHintSeconds(text: string): number | undefined {
  const seconds = clockSeconds(text) ?? spokenSeconds(text)
  if (seconds === undefined) return undefined
  return Math.min(Math.max(seconds, minHintSeconds), maxHintSeconds)
}

function spokenSeconds(text: string): number | undefined {
  const match = spokenHint.exec(text)
  const unit = secondsPerUnit[match?.[2]?.charAt(0).toLowerCase() ?? '']
  return match && unit ? Number(match[1]) * unit : undefined
}

function clockSeconds(text: string): number | undefined {
  const match = clockHint.exec(text)
  return match ? Number(match[1]) * 3_600 + Number(match[2]) * 60 + Number(match[3]) : undefined
}
