/** Longest line that can introduce a quote: a date, a name, an address. */
const maxMarkChars = 400
/** Clients wrap "On …, somebody <address> wrote:" over this many lines. */
const maxAttributionLines = 4

/** The verb of an attribution line, in the languages of its client. */
const wrote =
  /(?:^|[\s>,])(?:wrote|writes|schrieb(?:en)?|a écrit|ha escrito|escribió|ha scritto|schreef|escreveu|skrev|napisał(?:\(a\))?|написал(?:\(а\))?|kirjoitti)(?=[\s:,<]|$)/i
/** How an attribution begins; Gmail's German and Portuguese begin with the name and are told by their end alone. */
const attributionOpening =
  /^[\s*]{0,4}(?:on|am|le|el|il(?: giorno)?|op|em|no dia|a|den|dnia|w dniu|the)[\s,][^\n]{0,200}\d/i

/**
 * Where the line that introduces a quote begins, when it ends on line `at`: with a colon, after a verb of writing, and
 * with a date or an address before it.
 */
export function attributionStart(lines: readonly string[], at: number): number | undefined {
  const last = (lines[at] ?? '').trim()
  if (!last.endsWith(':') || last.length > maxMarkChars) return undefined
  let joined = last
  for (let start = at; start >= 0 && start > at - maxAttributionLines; start -= 1) {
    if (start < at) {
      const line = (lines[start] ?? '').trim()
      if (line === '' || line.length > maxMarkChars) return undefined
      joined = `${line} ${joined}`
    }
    if (!wrote.test(joined)) continue
    if (attributionOpening.test(joined)) return start
    if (start === at && /[\d@]/.test(joined) && / (?:am|on|el|le|op|em|il) /i.test(joined)) return start
    if (start === at && /<[^<>\s]{1,200}@[^<>\s]{1,200}>/.test(joined) && startsAlone(lines, at)) return start
  }
  return undefined
}

function startsAlone(lines: readonly string[], at: number): boolean {
  return at === 0 || (lines[at - 1] ?? '').trim() === ''
}

const separators: readonly RegExp[] = [
  // Outlook, Thunderbird and others: "-----Original Message-----", "-------- Weitergeleitete Nachricht --------"
  /^[\s>]{0,4}[-_]{2,20} {0,3}(?:original (?:message|appointment)|original[- ]?nachricht|ursprüngliche nachricht|message (?:d'origine|original|initial|transféré)|mensaje original|mensagem original|messaggio originale|oorspronkelijk bericht|forwarded message|weitergeleitete nachricht|mensaje reenviado|mensagem encaminhada|messaggio inoltrato|doorgestuurd bericht|reply message|reply above this line|ursprungligt meddelande|oprindelig meddelelse)/i,
  /^[\s>]{0,4}(?:begin forwarded message|anfang der weitergeleiteten nachricht|début du message réexpédié|inicio del mensaje reenviado|inizio messaggio inoltrato|início da mensagem reencaminhada|begin doorgestuurd bericht) {0,3}:/i,
  // Help desks
  /^[#\s=-]{0,20}(?:please )?(?:reply|write|type your reply) above this line/i,
]

/** A line below which only the quoted message stands. */
export function isSeparator(line: string): boolean {
  return line.length <= maxMarkChars && separators.some((separator) => separator.test(line.replace('’', "'")))
}

const fromLabel = /^[\s*]{0,4}(?:from|von|de|da|van|från|fra|od|от) ?\*? ?: ?\*? {0,3}\S/i
const otherLabel =
  /^[\s*]{0,4}(sent|date|gesendet|datum|envoyé|enviado(?: el)?|enviada(?: em)?|fecha|data|data\/ora|inviato|verzonden|verstuurd|to|an|à|para|aan|a|subject|betreff|objet|asunto|oggetto|assunto|onderwerp|cc|skickat|till|ämne|emne|sendt|til|temat|do|wysłano) ?\*? ?:/i

/** Outlook's block above a quote: From, then at least two of Sent, To, Subject in the next lines. */
export function isHeaderBlock(lines: readonly string[], at: number): boolean {
  if (!fromLabel.test((lines[at] ?? '').slice(0, maxMarkChars))) return false
  const labels = new Set<string>()
  for (let next = at + 1; next < Math.min(lines.length, at + 7); next += 1) {
    const label = otherLabel.exec((lines[next] ?? '').slice(0, 40))?.[1]
    if (label) labels.add(label.toLowerCase())
  }
  return labels.size >= 2
}

const sentFromPhone =
  /^[\s*_-]{0,4}(?:sent (?:from|via|with) (?:my |a |the |outlook|yahoo|mail|proton|samsung)|get outlook for|von meinem .{1,40} gesendet|gesendet (?:von|mit) |envoyé (?:de|depuis|à partir) |télécharger outlook|enviado (?:desde|do|a partir|de) (?:mi|meu|o|el|outlook|yahoo|samsung)|obtener outlook|obter o outlook|inviato da(?:l| )|scarica outlook|ottieni outlook|verstuurd vanaf|verzonden (?:vanaf|met|via)|outlook voor|outlook (?:für|pour|para|per) )/i

/** The line that a phone puts below every answer. */
export function isSentFromPhone(line: string): boolean {
  return line.length <= 120 && sentFromPhone.test(line)
}
