/** Words of dates in English, Spanish, French, German, Portuguese, Italian and Dutch, folded. */

const monthNames = [
  'january jan enero ene janvier janv januar jaenner janner janeiro gennaio gen januari',
  'february feb febrero fevrier fev februar fevereiro febbraio februari',
  'march mar marzo mars marz maerz marco maart mrt',
  'april apr abril abr avril avr aprile',
  'may mayo mai maio maggio mag mei',
  'june jun junio juin juni junho giugno giu',
  'july jul julio juillet juil juli julho luglio lug',
  'august aug agosto ago aout augustus',
  'september sept sep septiembre setiembre set septembre setembro settembre',
  'october oct octubre octobre okt oktober outubro out ottobre ott',
  'november nov noviembre novembre novembro',
  'december dec diciembre dic decembre dezember dez dezembro dicembre',
]

/** Monday first, as ISO 8601 counts. */
const weekdayNames = [
  'monday mon lunes lun lundi montag mo segunda segunda-feira lunedi maandag ma',
  'tuesday tue tues martes mardi dienstag di terca terca-feira martedi dinsdag',
  'wednesday wed miercoles mie mercredi mer mittwoch mi quarta quarta-feira mercoledi woensdag wo',
  'thursday thu thur thurs jueves jue jeudi jeu donnerstag do quinta quinta-feira giovedi gio donderdag',
  'friday fri viernes vie vendredi ven freitag fr sexta sexta-feira venerdi vrijdag vr',
  'saturday sat sabado sab samedi sam samstag sonnabend sa sabato zaterdag za',
  'sunday sun domingo dom dimanche dim sonntag so domenica zondag zo',
]

export const months = numbered(monthNames)
/** Abbreviations stand beside dates only: alone they are other words. */
export const weekdays = numbered(weekdayNames)

function numbered(rows: readonly string[]): ReadonlyMap<string, number> {
  return new Map(
    rows.flatMap((row, index) => row.split(' ').map((word): [string, number] => [word, index + 1])),
  )
}

export const shortestWeekday = 5

/** Days from today. */
export const relativeDays: ReadonlyMap<string, number> = new Map([
  ['today', 0],
  ['heute', 0],
  ["aujourd'hui", 0],
  ['hoy', 0],
  ['oggi', 0],
  ['hoje', 0],
  ['vandaag', 0],
  ['tomorrow', 1],
  ['morgen', 1],
  ['demain', 1],
  ['manana', 1],
  ['domani', 1],
  ['amanha', 1],
  ['ubermorgen', 2],
  ['apres-demain', 2],
  ['dopodomani', 2],
  ['overmorgen', 2],
])

export const nextWeek =
  /\b(?:next week|nachste[rn]? woche|kommende[rn]? woche|la semaine prochaine|(?:la )?(?:proxima semana|semana que viene|semana que vem)|(?:la )?(?:prossima settimana|settimana prossima)|volgende week)\b/g

export const endOfMonth =
  /\b(?:the )?(?:end of|ende|fin|finales de|fine(?: di)?|fim de|final de|eind|einde|finais de)(?: the)?(?: month of)? ([a-z]{3,10})\b/g

/** What stands between a cue and its date and says nothing: articles, weekdays are skipped beside these. */
export const fillers: ReadonlySet<string> = new Set(
  `the on in of at to into least my our this coming next day date and incl inclusive including einschliesslich einschl inkl
  den dem der die das zum am im tag nachsten kommenden einschliesslich
  le la les au jour inclus inclusivement prochain lundi compris
  el los en dia proximo inclusive incluido inclusivo
  il lo giorno prossimo compreso incluso
  o os no na em ao dia proxima a e
  de het op en met dag aanstaande komende volgende
  office work desk buro bureau oficina ufficio sede escritorio kantoor trabajo trabalho lavoro werk travail
  vacation holiday holidays leave home full again from`
    .trim()
    .split(/\s+/),
)

/**
 * What the words right before a date say of it. `back`: the first day of being there again. `until`: the last day of
 * absence. `start`: the first, which is no answer.
 */
export const cuesBefore: Readonly<Record<'back' | 'until' | 'start', readonly RegExp[]>> = {
  back: [
    /\b(?:back|return|returning|returns|returned|reopen|reopening|resume|resuming|rejoin|rejoining)(?: (?:by|as of|starting|from))?$/,
    /\b(?:again|available|reachable|contactable)(?: again)?(?: (?:from|as of|starting|as from))?$/,
    /\b(?:zuruck|wieder|ruckkehr|erreichbar|erst(?: wieder)?)(?: [a-z]{2,12}){0,2}?(?: ab)?$/,
    /\b(?:retour|reviens|reviendrai|revient|reviendra|rentre|rentrerai|reprends|reprendrai|reprise|rouvrira)(?: (?:prevu|prevue|au|des|a partir|partir du|du|mon|poste|fonctions)){0,3}$/,
    /\b(?:joignable|disponible)(?: a nouveau| de nouveau)? (?:a partir|partir|des)(?: du)?$/,
    /\b(?:vuelta|regreso|regresare|regresaremos|regresa|vuelvo|volvere|volveremos|reincorporo|reincorporare|incorporo|incorporare|retomare|disponible|nuevamente|nuevo)(?: (?:sera|previst[oa]|nuevamente|de nuevo|disponible|a partir|partir|del?)){0,3}$/,
    /\b(?:ritorno|rientro|rientrero|rientreremo|tornero|torneremo|torno|rientra|tornera|riaprira|disponibile|nuovo|nuovamente)(?: (?:previsto|sara|e|in|ufficio|sede|a partire|partire|da|dal|operativ[oa]|reperibile|disponibile)){0,4}$/,
    /\b(?:volta|regresso|retorno|regressarei|retornarei|voltarei|volto|regressa|volta|voltaremos|disponivel|novamente)(?: (?:sera|previst[oa]|novamente|disponivel|ao|a partir|partir|do?)){0,3}$/,
    /\b(?:terug|weer|terugkeer|bereikbaar|aanwezig)(?: (?:vanaf|is|per|bereikbaar|aanwezig)){0,2}$/,
  ],
  until: [
    /(?:^|[\s('])(?:until|till|til|through|thru|up to|untill)$/,
    /\b(?:bis|bis einschl(?:iesslich)?|bis inkl(?:usive)?|bis und mit)$/,
    /\b(?:jusqu'au|jusqu'a|jusqu' au|jusques? au|jusqu'en)$/,
    /\bhasta(?: el| finales| fin)?$/,
    /\b(?:fino|sino)(?: al?| a fine| all'| alla)?$/,
    /\bate(?: ao?| o)?$/,
    /\b(?:tot|tot en met|t\/m|tm|t\.e\.m\.?|tem)$/,
  ],
  start: [
    /\b(?:from|starting|since|beginning|as of|commencing|between|after|leaving|away from|vom|ab|seit|von|zwischen|nach|du|depuis|entre|des|a partir|a partir du|del|desde|a partir|dal|da|dall'|tra|dopo|do|desde|van|vanaf|sinds|tussen|per|before|by|vor|avant|antes|prima|voor)$/,
  ],
}

/** "Not back until Monday" is Monday, where "away until Monday" is the day after. */
export const notBackUntil =
  /(?:\bnot|n't|\bno) (?:be )?(?:back|return(?:ing)?|reopen|resume)[^.\n]{0,40} (?:until|till|before)$/

/** Between two dates, these make them a range. */
export const rangeJoins: ReadonlySet<string> = new Set([
  ...[
    'to',
    'through',
    'thru',
    'until',
    'till',
    '-',
    '–',
    '—',
    'bis',
    'au',
    'al',
    'a',
    'ao',
    'ate',
    'tot',
    't/m',
  ],
  ...[
    'hasta',
    'fino al',
    'tot en met',
    'bis zum',
    'bis einschliesslich',
    'until the',
    'and',
    'und',
    'et',
    'y',
    'e',
    'en',
  ],
  ...["jusqu'au", 'through to', 'al dia', 'ate ao', 'ate o', 'ate dia', 'a dia', 'up to'],
])

/** What may follow a date that is the first day back: "am 7. Dezember bin ich wieder da". */
export const backAfter =
  /^[\s,:]{0,3}(?:(?:i|we|ich|wir|je|nous|ik|wij|you|sie)\b )?[^.,;\n]{0,40}?\b(?:back|return|returning|again|available|reachable|wieder|zuruck|erreichbar|retour|nouveau|joignable|reviendrai|vuelta|regreso|nuevo|nuevamente|volvere|reincorporare|disponible|nuovo|nuovamente|rientro|rientrero|tornero|disponibile|volta|regresso|novamente|retorno|disponivel|weer|terug|bereikbaar)\b/
export const notBackAfter = /\b(?:not|nicht|no|non|pas|nao|niet|n't|keine?)\b/

/** The sentence is about an absence: then a date without any cue is its day. */
export const awayWord =
  /\b(?:out of|away|absent|absence|unavailable|off|closed|vacation|holidays?|leave|pto|no access|limited access|travell?ing|ooo|abwesend|nicht|urlaub|ausser|absente|absents|conges?|ferme|fermes|deplacement|vacances|fuera|ausente|vacaciones|cerrad[oa]s?|assente|ferie|chius[oi]|fuori|ausencia|ferias|fora|encerrad[oa]|fechad[oa]|afwezig|vakantie|verlof|gesloten|niet)\b/
