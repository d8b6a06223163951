import type { HeaderBlock } from '../mime/header-block.ts'

/** Subjects of vacation programs, decoded; the wording is theirs. */
const autoReplySubject =
  /^\s{0,5}(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response|responder|answer)|auto:|autoreply|out of (?:the )?office|ooo:|vacation|away from|abwesenheit|automatische antwort|autom\. antwort|réponse automatique|reponse automatique|absence|respuesta autom|fuera de (?:la )?oficina|risposta automatica|fuori sede|assente|resposta autom|fora do escrit|automatisch antwoord|afwezig|automatiskt? svar|automatvastaus|automatická odpov|odpowiedź automatyczna|автоответ|自動応答|不在通知|自动回复)/i
const autoReplyInSubject =
  /\b(?:out of (?:the )?office|automatic reply|auto-?reply|automatiska atbilde|abwesenheitsnotiz)\b/i

/** RFC 3834, and the header fields that vacation programs used before and beside it. */
export function isAutoReply(headers: HeaderBlock): boolean {
  const submitted = headers.raw('auto-submitted')?.toLowerCase() ?? ''
  if (submitted.startsWith('auto-replied') || submitted.startsWith('auto-notified')) return true
  const precedence = headers.raw('precedence')?.toLowerCase() ?? ''
  if (precedence.includes('auto_reply') || precedence.includes('auto-reply')) return true
  const marks = [
    'x-autoreply',
    'x-autorespond',
    'x-autoresponder',
    'x-auto-reply',
    'x-autoreply-from',
    'x-vacation',
    'x-mail-autoreply',
  ]
  if (marks.some((name) => headers.has(name) && headers.raw(name)?.toLowerCase() !== 'no')) return true
  return hasAutoReplySubject(headers)
}

export function hasAutoReplySubject(headers: HeaderBlock): boolean {
  const subject = (headers.decoded('subject') ?? '').slice(0, 500)
  return autoReplySubject.test(subject) || autoReplyInSubject.test(subject)
}

/** Challenge-response services that hold our message until its sender proves to be a person. */
const challengeSender =
  /@(?:[\w.-]{0,60}\.)?(?:boxbe\.com|bluebottle\.com|spamarrest\.com|mailblocks\.com|sendio\.com|choicemail\.com|qurb\.com|knowspam\.net|uolmail|whitelist)/i
const challengeText =
  /(?:click|follow|visit|reply)[^\n]{0,80}(?:to (?:confirm|verify)|verif|confirm|authenticat|approv|whitelist)|challenge[- ]response|sender verification|you (?:must|need to) (?:confirm|verify)|antispam\.uol/i

export function isChallenge(headers: HeaderBlock, notice: string): boolean {
  const from = headers.raw('from') ?? ''
  const automatic = headers.has('auto-submitted') || headers.raw('return-path')?.trim() === '<>'
  return challengeSender.test(from) || (automatic && challengeText.test(notice.slice(0, 4000)))
}
