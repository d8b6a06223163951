/**
 * Wordings of automatic answers, on folded text (lower case, no accents). Each list is one sign; how signs weigh is
 * decided in auto-reply.ts.
 */

/** What servers put before the subject that they answer. Nobody types these. */
export const serverSubjects: readonly RegExp[] = [
  /^(?:automatic reply|auto(?:matic)?[ -]?(?:reply|response|responder|answer)|autoreply) ?[:\][-]|^auto ?:/,
  /^\[?(?:automatic|auto)[ -]?(?:reply|response)\]?/,
  /^(?:automatische antwort|automat\. antwort|autom\. antwort|abwesenheitsnotiz|abwesenheitsnachricht|abwesenheitsmeldung|abwesenheitsassistent|abwesend:)/,
  /^(?:reponse automatique|message automatique|reponse auto\b|notification d'absence|message d'absence|absence du bureau ?:)/,
  /^(?:respuesta automatica|respuesta de ausencia|autorespuesta|mensaje automatico)/,
  /^(?:risposta automatica|risponditore automatico|messaggio automatico)/,
  /^(?:resposta automatica|mensagem automatica|aviso de ausencia)/,
  /^(?:automatisch(?:e)? (?:antwoord|bericht|reactie|beantwoording)|afwezigheidsbericht|afwezigheidsmelding)/,
  /^(?:automatiskt? svar|autosvar|automaattinen vastaus|odpowiedz automatyczna|automaticka odpoved|otomatik yanit|автоответ|自動応答|自动回复)/,
  /^(?:out of (?:the )?office|ooo) ?(?:auto ?-?reply|autoreply|reply|response|message|notification|re:|:)/,
]

/** Subjects of vacation notes that a person may also write. */
export const awaySubject =
  /^(?:(?:re|aw|sv|rv|antw|r|res) ?: ?)?(?:(?:i am |i'm |currently )?(?:out of (?:the )?office|ooo\b|on (?:annual |maternity |parental |sick )?leave|on (?:vacation|holiday)|away from)|(?:ich bin )?(?:abwesend|abwesenheit|nicht im (?:buro|haus))|urlaub\b|im urlaub|im buro zuruck|absent|absence\b|en conges?\b|en vacances|hors du bureau|fuera de (?:la )?oficina|ausente\b|ausencia\b|de vacaciones|fuori (?:sede|ufficio)|assente\b|assenza\b|in ferie|fora do escritorio|ausencia|de ferias|afwezig|niet aanwezig|met vakantie|op vakantie|vakantie\b)/

/** Somebody is away. */
export const awayText: readonly RegExp[] = [
  /\b(?:i am|i'm|i will be|i'll be|we are|currently|is|am|be|being) (?:currently |presently |now |also )?(?:out of (?:the |my )?office|out of town|out on|away from (?:the |my )?(?:office|desk|email)|away until|away from|on (?:my |an? )?(?:annual |maternity |paternity |parental |sick |medical |extended |personal |business )?(?:leave|vacation|holidays?|pto|sabbatical|business trip|trip)\b)/,
  /\b(?:out of (?:the )?office|ooo) (?:until|till|from|on|with|and|for|through|this|today|reply|message)\b|^ ?(?:i am |i'm )?out of (?:the )?office\b/m,
  /\b(?:i am|i'm|i will be) (?:currently )?(?:traveling|travelling|absent|unavailable|off (?:work|until|from|today|this))\b/,
  /\b(?:limited|no|intermittent|sporadic|reduced) access to (?:my )?(?:e-?mails?|internet|inbox)\b/,
  /\boffice (?:is|will be) closed\b|\bwe are closed\b/,
  /\b(?:bin|sind|befinde mich|ist|werde) (?:ich |wir |bis |derzeit |aktuell |zur ?zeit |momentan |gerade |vom |leider |heute )?(?:[^.\n]|(?<=\d)\.){0,60}\b(?:nicht (?:im (?:buro|haus|dienst)|erreichbar|am arbeitsplatz|da\b|verfugbar)|abwesend|im (?:jahres)?urlaub|in (?:elternzeit|mutterschutz|urlaub|den ferien)|ausser haus|auf (?:dienst|geschafts)reise|krank)/,
  /\b(?:nicht im (?:buro|hause?)|ausser haus|im urlaub|abwesend|abwesenheit)\b[^.\n]{0,60}\b(?:bis|vom|wieder|zuruck|ab)\b/,
  /\b(?:je suis|je serai|nous serons|actuellement|suis) (?:actuellement |en ce moment |momentanement )?(?:absente?|en (?:conges?|vacances|deplacement|arret|conge (?:maternite|parental))|hors du bureau|indisponible)/,
  /\b(?:absente?) (?:du bureau|jusqu|du \d)|\bbureau (?:est|sera) ferme|\bacces limite a (?:mes e-?mails|ma messagerie|mes courriels)/,
  /\b(?:estoy|estare|me encuentro|estamos|estaremos|encuentro) (?:actualmente |en este momento |ahora )?(?:fuera de (?:la |mi )?oficina|ausente|de (?:vacaciones|viaje|baja|permiso)|disfrutando de)/,
  /\bfuera de (?:la )?oficina (?:hasta|del|desde|y|con)|\boficina (?:esta|estara|permanecera) cerrada|\bacceso limitado (?:al|a mi) (?:correo|e-?mail)/,
  /\b(?:sono|saro|siamo|saremo) (?:attualmente |al momento |momentaneamente )?(?:assente|assenti|fuori (?:ufficio|sede)|in (?:ferie|vacanza|viaggio|trasferta|malattia|maternita|congedo))/,
  /\b(?:fuori ufficio|in ferie|assente) (?:fino|dal|per|e)\b|\bufficio (?:e|sara|rimarra) chiuso|\baccesso limitato (?:alla|all'|alle) (?:posta|e-?mail)/,
  /\b(?:estou|estarei|encontro-me|estamos|estaremos) (?:atualmente |de momento |no momento )?(?:fora do escritorio|ausente|de (?:ferias|licenca|baixa)|em (?:viagem|licenca|ferias))/,
  /\b(?:fora do escritorio|de ferias|ausente) (?:ate|de|entre|e|do)\b|\bescritorio (?:esta|estara) (?:fechado|encerrado)|\bacesso limitado (?:ao|a) (?:meu )?e-?mail/,
  /\b(?:ik ben|ben ik|wij zijn|momenteel|ben) (?:momenteel |op dit moment |tot (?:en met )?[^.\n]{1,40})?(?:afwezig|niet (?:aanwezig|op kantoor|bereikbaar|in de gelegenheid)|met (?:vakantie|verlof|zwangerschapsverlof|ouderschapsverlof)|op (?:vakantie|reis|zakenreis)|vrij\b|buiten kantoor)/,
  /\b(?:afwezig|niet op kantoor|op vakantie|met vakantie|met verlof) (?:tot|van|vanaf|en|t\/m)\b|\bkantoor is gesloten|\bbeperkt(?:e)? toegang tot (?:mijn )?e-?mail/,
]

/** Phrases that go with it; beside one of the above, two of them tell a note from a remark. Counted, hence global. */
export const noteText: readonly RegExp[] = [
  /\b(?:thank you|thanks|many thanks) for (?:your|the) (?:e-?mail|message|mail|note|inquiry|enquiry)\b/g,
  /\b(?:in|for) (?:case of )?(?:an? |anything )?(?:urgent|emergency|immediate|pressing|time[- ]sensitive)\b|\bif (?:this is|it is|it's|your (?:matter|message|e-?mail|request|inquiry) is|you (?:need|require)) (?:an? )?(?:urgent|emergency|immediate)/g,
  /\bplease (?:contact|call|reach out to|e-?mail|direct)\b|\b(?:my colleague|my assistant|in my absence)\b/g,
  /\b(?:i will|i'll|will) (?:respond|reply|get back|answer|return|be back|be returning)\b[^.\n]{0,60}\b(?:return|back|soon as|upon|when|possible|on|once)\b|\bupon my return\b|\bwhen i (?:return|get back|am back)\b/g,
  /\b(?:not|neither) (?:be )?(?:read|forwarded|checking|monitoring|monitored|checked)\b/g,
  /\b(?:vielen dank|danke|herzlichen dank) fur (?:ihre|deine|die|eure) (?:e-?mail|mail|nachricht|anfrage)/g,
  /\bdanke? fur (?:ihr|dein|euer) verstandnis|\bin dringenden (?:fallen|angelegenheiten)|\bwenden sie sich\b|\bihre (?:e-?mail|nachricht|mail) wird (?:nicht|in)|\bmeine (?:vertretung|kollegin|kollegen)|\bnach meiner ruckkehr|\bwieder (?:erreichbar|im buro|fur sie da)|\bkontaktieren sie/g,
  /\bmerci (?:de|pour) votre (?:message|e-?mail|mail|courriel)|\ben cas d'urgence|\bpour toute urgence|\bveuillez (?:contacter|vous adresser)|\bvous pouvez contacter|\ba mon retour|\bde retour\b/g,
  /\bgracias por (?:su|tu) (?:mensaje|correo|e-?mail)|\ben caso de (?:urgencia|emergencia)|\bpara (?:asuntos|temas|cualquier) (?:urgentes?|asunto urgente)|\bpuede (?:contactar|dirigirse)|\bpor favor,? (?:contacte|dirijase|pongase)|\ba mi (?:regreso|vuelta)/g,
  /\bgrazie per (?:il tuo|il suo|la tua|la sua|il vostro|avermi|averci|il) (?:messaggio|e-?mail|mail|contattat|scritt)|\bper (?:urgenze|qualsiasi urgenza|questioni urgenti|comunicazioni urgenti)|\bin caso di urgenza|\bal mio (?:rientro|ritorno)|\bsi prega di contattare|\bpotete contattare/g,
  /\b(?:obrigad[oa]|agradec\w{1,10}) (?:pel[oa]|o|a) (?:seu|sua|vosso|vossa|teu|tua) (?:e-?mail|mensagem|contact?o)|\bem caso de urgencia|\bpara assuntos urgentes|\bassuntos urgentes|\bpor favor,? (?:contacte|contate|entre em contato)|\bno meu (?:regresso|retorno)|\bquando (?:regressar|voltar|retornar)/g,
  /\b(?:bedankt|dank|hartelijk dank) voor (?:uw|je|jouw) (?:e-?mail|mail|bericht)|\b(?:voor|bij) (?:dringende|spoedeisende|urgente) (?:zaken|vragen|gevallen|kwesties)|\bneem(?:t u)? (?:dan |gerust )?contact op|\bbij terugkomst|\bna mijn (?:terugkeer|vakantie)|\buw (?:e-?mail|bericht) wordt (?:niet)/g,
]

/** The note says of itself that no person wrote it. */
export const selfDeclared =
  /\b(?:this is an auto(?:matic|mated|matically)?[- ]?(?:generated )?(?:reply|response|message|e-?mail|answer|notification)|auto(?:matic|mated)?[- ](?:reply|response)\b|this (?:message|e-?mail|response) (?:was|is|has been) (?:sent |generated )?automatic(?:ally)?|automatisch (?:generierte|erstellte|versendete|erzeugte)|dies ist eine automatische|reponse automatique|message automatique|ceci est un(?:e)? (?:message|reponse) automati|(?:mensaje|respuesta|correo) (?:generad[oa] )?automatic[oa](?:mente)?|messaggio (?:generato )?automatic[oa](?:mente)?|risposta automatica|(?:mensagem|resposta) (?:gerada )?automatica(?:mente)?|automatisch (?:gegenereerd|verzonden|antwoord|bericht)|dit is een automatisch)/

/** A person who answers what we wrote. */
export const engagedText =
  /\b(?:let's|let me know|sounds (?:good|great|interesting)|interest(?:ed|ing)\b|klingt|klinkt|interess\w{0,10})/

/** Somebody has left: for a person to decide on, the address may well be read by another. */
export const leftText: readonly RegExp[] = [
  /\b(?:i am|i'm|is|am|has been|are) no longer (?:(?:employed|working|a (?:member|part)|an employee)\b|with (?!(?:me|you|us to)\b)|at |part of|in (?:this|the) (?:role|company)|associated with|affiliated with)/,
  /\bno longer works? (?:here|at|for|with)\b|\b(?:has|have|i've) (?:now |since |recently )?left (?:the (?:company|organi[sz]ation|business|firm)|[a-z][\w&. -]{1,40} (?:as of|on|and (?:is|am) no longer))|\b(?:my|his|her) last (?:working )?day (?:was|at)\b/,
  /\b(?:nicht mehr|nicht langer) (?:fur|bei|in|im|als|mehr) [^.\n]{0,60}\b(?:tatig|beschaftigt|arbeit\w{0,3}|unternehmen|firma)\b|\b(?:unternehmen|firma) (?:zum [^.\n]{1,30} )?verlassen\b|\b(?:bin|ist) (?:zum [^.\n]{1,30} )?(?:aus dem unternehmen )?ausgeschieden\b|\bnicht mehr im unternehmen\b/,
  /\bne (?:fais|fait) plus partie\b|\bne travaill(?:e|ent) plus\b|\b(?:ai|a) quitte (?:la societe|l'entreprise|ses fonctions|mes fonctions|le groupe|mon poste)\b|\bn'est plus (?:en poste|salarie|dans l'entreprise)/,
  /\bya no (?:trabaj[oa]|forma parte|formo parte|labor[oa]|pertene(?:zco|ce))\b|\bha dejado (?:la empresa|de trabajar)\b|\bhe dejado (?:la empresa|de trabajar)\b/,
  /\bnon (?:lavor[oa]|collabor[oa]|fa(?:ccio)?) piu\b|\bnon (?:e|sono) piu (?:in forza|dipendente|parte|attivo)\b|\bha lasciato (?:l'azienda|la societa)\b|\bho lasciato (?:l'azienda|la societa)\b/,
  /\b(?:ja )?nao (?:trabalh[oa]|faz|faco|pertenc[eo]|integra) (?:mais|parte|a esta)\b|\bja nao (?:trabalh[oa]|faz parte|faco parte|colabor[oa])\b|\b(?:deixei|deixou) (?:a empresa|de trabalhar)\b|\bdesligad[oa] da empresa\b/,
  /\bniet (?:langer|meer) (?:werkzaam|in dienst|werkend)\b|\bwerkt? (?:hier )?niet (?:meer|langer)\b|\b(?:is|ben) uit dienst\b|\bheeft (?:ons bedrijf|de organisatie|het bedrijf) verlaten\b/,
]

/** A machine confirms that something arrived. */
export const receivedText: readonly RegExp[] = [
  /\b(?:we|i) (?:have |'ve )?(?:successfully )?received your (?:e-?mail|message|request|inquiry|enquiry|application|ticket|submission)|\byour (?:e-?mail|message|request|inquiry|enquiry|ticket|case|application|support request) (?:has been|was|\(?#?\d{2,12}\)? has been) (?:successfully )?(?:received|logged|created|registered|opened|submitted)/,
  /\b(?:thank you|thanks) for (?:contacting|reaching out to|getting in touch|writing to) (?:us|our|the|[a-z])|\b(?:ticket|case|request|reference) (?:number|id|no\.?|#)|\bwe (?:aim|try|strive|endeavou?r) to (?:respond|reply|answer)|\bwe will (?:respond|reply|get back to you) (?:as soon as|within|shortly)/,
  /\bwir haben ihre (?:e-?mail|nachricht|anfrage|bewerbung) erhalten|\bihre (?:anfrage|nachricht|e-?mail) (?:ist|wurde) (?:bei uns )?(?:eingegangen|erfasst|erhalten)|\b(?:ticketnummer|vorgangsnummer)\b|\bwerden uns (?:schnellstmoglich|umgehend|so schnell|in kurze)|\beingangsbestatigung/,
  /\bnous avons bien recu votre|\bvotre (?:demande|message|e-?mail) a (?:bien )?ete (?:recu|enregistre|pris)|\baccuse de reception\b|\bnumero de (?:ticket|dossier)|\bdans les (?:plus brefs|meilleurs) delais/,
  /\bhemos recibido su|\bsu (?:solicitud|mensaje|correo|consulta) ha sido (?:recibid|registrad)|\bacuse de recibo|\bnumero de (?:caso|ticket|incidencia)|\ble responderemos (?:lo antes|a la mayor|en breve)/,
  /\babbiamo (?:ricevuto|preso in carico) la (?:sua|tua|vostra)|\bla (?:sua|tua|vostra) (?:richiesta|e-?mail|mail) e stata (?:ricevuta|registrata|presa)|\bnumero (?:di )?(?:ticket|pratica)|\bla ricontatteremo/,
  /\brecebemos (?:o seu|a sua|o teu|seu|sua)|\b(?:o seu|a sua|seu|sua) (?:pedido|mensagem|e-?mail|solicitacao) foi (?:recebid|registad|registrad)|\bnumero d[oe] (?:ticket|protocolo|chamado)|\bresponderemos (?:o mais|assim que|com a maior)/,
  /\bwe(?:ij)? hebben uw (?:e-?mail|bericht|vraag|verzoek) (?:in goede orde )?ontvangen|\bwij hebben (?:uw|je) [^.\n]{1,30}ontvangen|\buw (?:e-?mail|bericht|aanvraag|verzoek) is (?:ontvangen|geregistreerd)|\bontvangstbevestiging|\bticketnummer|\bzo spoedig mogelijk/,
]
