export interface ReplyCodes {
  smtpCode: string | undefined
  status: string | undefined
  /** The codes are those of a remote reply inside the reply. */
  nested: boolean
}

/** A reply as servers write it: `550 5.1.1 …`, `550-5.1.1 …`, `550: 5.1.1`, `#550 5.1.1`, `<421 4.4.2 …`. */
const fullReply = /(?<![\d.])([45][0-7]\d)[ :-]{1,3}[ '#(]{0,3}([45]\.\d{1,3}\.\d{1,3})(?![\d.]?\d)/
/** A reply without an enhanced status, where one can stand: after the words that introduce it or at the start of a line. */
const introducedReply =
  /(?:said:|was:|returned:?|with:|response:|repl(?:y|ied):?|answer(?:ed)?:|respond(?:ed)?:?|received:|smtp;|<<<|>>>|error:|code[ :]{1,3}|status[ :]{1,3}|_code :|reason:|\[|'|>:|\]:|^|\n)[ \t'"#(:]{0,6}([45][0-5]\d)(?=[ :,)'"\]-]|$|\n)/i
/** Anywhere else only codes that no count of minutes or bytes is likely to be. */
const looseReply = /(?<![\d.:/-])(421|45\d|52[15]|55\d|57[01])(?= ['"#<A-Za-z(]|-['"<A-Za-z\d])/
const enhancedStatus = /(?<![\d.\w])([45]\.\d{1,3}\.\d{1,3})(?!\.?\d)/
/** SES and others wrap the reply of the remote server: `554 4.4.7 Message expired. <421 4.4.2 Connection timed out>`. */
const nestedReply = /<([45]\d\d)[ -]([45]\.\d{1,3}\.\d{1,3}) [^<>]{1,200}>/
/** Exchange lists its attempts: `9/3/2016 7:58:27 PM - Remote Server at mx.example.org (192.0.2.1) returned '441 4.4.1 …'`. */
const attemptReply = /[AP]M - Remote Server at [^\n']{1,200}returned '(4\d\d) (4\.\d{1,3}\.\d{1,3})(?! QUEUE)/

/** The reply code and enhanced status (RFC 3463) that a diagnostic bears. */
export function replyCodesOf(text: string): ReplyCodes {
  const nested = nestedReply.exec(text) ?? attemptReply.exec(text)
  const full = nested ?? fullReply.exec(text)
  if (full) return { smtpCode: full[1], status: full[2], nested: nested !== null }
  const smtpCode = introducedReply.exec(text)?.[1] ?? looseReply.exec(text)?.[1]
  return { smtpCode, status: enhancedStatus.exec(text)?.[1], nested: false }
}

/** `5.1.1`, also out of `5.1.1 (bad mailbox)`; undefined for what is no enhanced status. */
export function statusOfField(value: string): string | undefined {
  return /^[^\d]{0,5}([245]\.\d{1,3}\.\d{1,3})(?!\d)/.exec(value)?.[1]
}

/** `5.0.0` and `4.0.0` say only what the class says. */
export function isVague(status: string): boolean {
  return /^[245]\.0\.0$/.test(status)
}
