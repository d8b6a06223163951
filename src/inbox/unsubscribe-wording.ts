/** Requests to be written to no more, on folded text. A "not" before one of these turns it round. */
export const requests: readonly RegExp[] = [
  // The whole line is the request.
  /^(?:(?:please|pls|kindly|hi|hello),? ){0,2}(?:unsubscribe(?: me| us)?|unsub|stop|remove(?: me| us)?|opt[ -]?out|take me off|cancel|delete me)(?:,? (?:please|pls|thanks?|thank you|now|immediately|asap|from (?:this|your|the) (?:mailing )?list)){0,3} ?[.!]{0,5}$/m,
  /\bunsubscribe (?:me|us|my|this (?:e-?mail|address|account))\b|\b(?:please|pls|kindly) unsubscribe ?(?:[.!,]|$)|\bto be (?:removed|taken off|unsubscribed)\b|\blose my (?:e-?mail|address|number)\b/m,
  /\b(?:want|wish|would like|like|need|ask(?:ing)?|request(?:ing)?|trying|how (?:do|can) i) to unsubscribe\b|\bhow (?:do|can) (?:i|we) (?:unsubscribe|opt out)\b/,
  /\b(?:remove|take|delete|drop) (?:me|us|my|our)(?: [a-z-]{1,12}){0,3} (?:from|off)\b(?! (?:(?:the|this|that|your|our|my) )?(?:agenda|calls?|meetings?|invite|invitation|calendar|thread|chain|loop|conversation|cc|bcc|copy|deal|project|team|channel|slack)\b)|\btake (?:me|us) off\b(?! (?:(?:the|this|that|your|our|my) )?(?:agenda|calls?|meetings?|invite|invitation|calendar|thread|chain|loop|conversation|cc|bcc|copy|deal|project|team|channel|slack)\b)|\bremove (?:me|us|my (?:e-?mail|address|name|details))\b(?! from(?: (?:(?:the|this|that|your|our|my) )?(?:agenda|calls?|meetings?|invite|invitation|calendar|thread|chain|loop|conversation|cc|bcc|copy|deal|project|team|channel|slack)\b))/,
  /\b(?:stop|cease|quit) (?:e-?mailing|contacting|sending|writing|messaging|spamming|bothering|the e-?mails|these e-?mails|with the e-?mails|(?:all |any )?(?:further )?(?:communication|contact|correspondence))\b/,
  /\bopt (?:me|us) out\b|\b(?:want|wish|like) to opt[ -]out\b(?! of (?:the|your|our|a|this|that) (?:free|trial|plan|tier|pilot|beta|programme|program|contract|feature|meeting|call|deal)\b)/,
  // Spanish
  /\bdar(?:me|nos) de baja\b|\b(?:deme|denme|dame) de baja\b|^(?:por favor,? )?baja ?[.!]{0,3}$|\bcancel(?:ar|en?) (?:mi |la )?suscripcion\b|\b(?:elimin|borr|quit)(?:e|en|a|ar)(?:me|nos)\b|\belimin(?:e|en|ar) (?:mi|mis) (?:correo|direccion|datos|e-?mail)|\bdej(?:e|en|a|ad) de (?:escribir|enviar|mandar|contactar)/m,
  // French
  /\b(?:me )?(?:desinscrire|desabonner)\b|\b(?:desinscrivez|desabonnez)[ -](?:moi|nous)\b|^(?:merci de )?(?:desinscription|desabonnement|desinscrire) ?[.!]{0,3}$|\b(?:retirez|supprimez|enlevez|rayez|effacez)[ -](?:moi|nous|mon|mes|mon adresse)\b|\bme (?:retirer|supprimer|enlever) de\b|\b(?:retirer|supprimer|enlever|effacer) (?:mon|mes|notre|nos) (?:adresse|e-?mail|mail|nom|coordonnees|donnees|contact)\b|\b(?:cessez|arretez|merci d'arreter|merci de cesser) de (?:m'|nous |me )/m,
  // German
  /^(?:bitte )?(?:abmelden|abbestellen|austragen|abmeldung|abbestellung)(?:,? (?:bitte|danke)){0,2} ?[.!]{0,3}$|\bbitte (?:mich |uns |meine (?:e-?mail-?)?adresse |den newsletter )?(?:[a-z-]{1,14} ){0,4}(?:abmelden|abbestellen|austragen|loschen|entfernen)\b|\b(?:mochte|will|wurde) (?:mich|uns) (?:gerne )?(?:[a-z-]{1,14} ){0,4}(?:abmelden|austragen)\b|\b(?:melden|tragen) sie (?:mich|uns) (?:[a-z]{1,12} ){0,4}(?:ab|aus)\b|\b(?:loschen|entfernen|streichen|nehmen) sie (?:bitte )?(?:mich|uns|meine|unsere)\b|\baus (?:dem|ihrem|eurem) [a-z-]{0,12}verteiler (?:zu )?(?:nehmen|loschen|streichen|entfernen|austragen)\b|^(?:bitte )?newsletter (?:bitte )?(?:abbestellen|abmelden|kundigen)\b/m,
  // Italian
  /\b(?:cancella(?:re|te|ci|mi|temi|teci)?|annulla(?:re|te)?|disdire) (?:la |l')?(?:mia )?iscrizione\b|\bdisiscriv\w{0,8}\b|\bcancella(?:temi|mi|teci|rmi|rci)\b|\bcancellazione (?:dei (?:miei|nostri) dati|della mia|dalla)\b|\b(?:rimuov|elimin|togli)(?:etemi|imi|atemi|etevi|eteci)\b|\b(?:rimuovere|eliminare|cancellare) (?:il mio|la mia|i miei)\b|\bsmett(?:ete|etela|ila) (?:di|con)\b/,
  // Portuguese
  /\b(?:remov(?:a|am|er)|retir(?:e|em|ar)|elimin(?:e|em|ar)|exclu(?:a|am|ir))(?:-me| me| (?:o )?meu| (?:a )?minha)\b|^(?:por favor,? )?(?:remover|descadastrar|sair|cancelar)(?:,? (?:por favor|obrigad[oa])){0,2} ?[.!]{0,3}$|\b(?:me )?descadastr(?:ar|e|em)\b|\bcancel(?:ar|e|em) (?:a )?(?:minha )?(?:inscricao|subscricao|assinatura)\b|\bpar(?:e|em) de (?:me )?(?:enviar|mandar|escrever|contactar|contatar)|\bsair d[ae](?:sta)? lista\b/m,
  // Dutch
  /^(?:graag |gelieve )?(?:uitschrijven|afmelden)(?: (?:aub|a\.u\.b|graag|svp)){0,2} ?[.!]{0,3}$|\b(?:mij|me|ons) (?:graag |aub )?(?:[a-z]{1,12} ){0,3}(?:uitschrijven|uit te schrijven|afmelden|af te melden|verwijderen|te verwijderen)\b|\b(?:schrijf|meld) (?:mij|me|ons) (?:[a-z]{1,12} ){0,3}(?:uit|af)\b|\b(?:mij|me|ons) van (?:de|uw|jullie|deze) [a-z]{0,10}lijst (?:te )?(?:halen|verwijderen)\b|\bverwijder (?:mij|me|ons|mijn)\b|\bstop(?:pen)? met (?:mailen|sturen|het sturen|e-?mailen|schrijven)\b/m,
]

/** Refusals that bear their own "not". */
export const refusals: readonly RegExp[] = [
  /\b(?:do not|don't|dont|never|not to) (?:ever )?(?:e-?mail|contact|write(?: to)?|message|spam|bother) (?:me|us|this address)\b(?! (?:until|before|on|by|at|via|about))|\b(?:do not|don't|dont) send (?:me|us) (?:any(?: more| further)?|more|further|these|such|your) (?:e-?mails?|messages?|mails?|offers?|spam|newsletters?)|\b(?:do not|don't|dont|no longer) (?:want|wish|care) (?:to (?:receive|get|hear|be contacted)|any(?: more| further)|your|these|more) ?(?:any |more |further |these |your |such )*(?:e-?mails?|messages?|mails?|from you|offers?)?/,
  /\bno (?:more|further) (?:e-?mails?|messages?|mails?)(?:,| please|[.!]|$)/m,
  /\bno (?:me|nos) (?:escrib|envi|mand|contact|molest)\w{1,5} mas\b|\bno (?:quiero|deseo|queremos|deseamos) (?:recibir |seguir recibiendo )?(?:mas )?(?:correos?|e-?mails?|mensajes?|publicidad|informacion|recibir)/,
  /\bne (?:m'|me |nous )(?:ecrivez|envoyez|contactez|ecris|envoie|contacte|sollicitez)[a-z]{0,3} plus\b|\bne (?:plus )?(?:souhaite|veux|desire|souhaitons|voulons)(?:ns)? (?:plus )?(?:recevoir|etre contacte|de (?:vos|mails|messages))|\bne plus (?:me|nous|m') ?(?:ecrire|envoyer|contacter|solliciter)|\bplus (?:de|aucun) (?:mails?|e-?mails?|messages?) (?:de votre part|svp|s'il vous plait)/,
  /\b(?:bitte )?keine (?:weiteren |werbe|werbung|solchen? )?(?:e-?mails?|mails?|nachrichten|werbung|anfragen|angebote|werbemails)(?: (?:mehr|zusenden|senden|schicken|an mich|von ihnen))|\bbitte keine weiteren\b|\bnicht (?:mehr|weiter|langer) (?:an(?:zu)?schreiben|kontaktieren|zu kontaktieren|zu schreiben|schreiben|belastigen|per e-?mail)|\b(?:schreiben|kontaktieren) sie (?:mir|mich|uns) (?:bitte )?nicht mehr\b|\b(?:mochte|will|wunsche|mochten|wollen) (?:ich |wir )?keine (?:weiteren )?(?:e-?mails?|mails?|nachrichten|werbung)/,
  /\bnon (?:(?:mi|ci) (?:scriv|contatt|invi|mand)\w{1,6}|(?:scriv|contatt|invi|mand)(?:ete|ate|i|a)(?:mi|ci)) piu\b|\bnon (?:desidero|voglio|vogliamo|desideriamo) (?:piu )?(?:ricevere|essere contattat)/,
  /\bnao (?:me |nos )?(?:envi|escrev|contact|contat|mand)\w{1,4}(?:-me)? mais\b|\bnao (?:quero|desejo|queremos|desejamos|pretendo) (?:mais )?(?:receber|ser contact|ser contat)/,
  /\bgeen (?:verdere |nieuwe )?(?:e-?mails?|mails?|mailtjes|berichten|post) (?:meer|te ontvangen|ontvangen)|\bniet meer (?:mailen|benaderen|contacteren|schrijven|te mailen|te benaderen|lastigvallen)|\bmail (?:mij|me|ons) niet meer\b|\bgeen (?:prijs|interesse) .{0,20}(?:uitschrijven|mailen)/,
]

/** What makes of a request its opposite, right before it. */
export const denial =
  /(?:\b(?:not|never|nicht|nie|no|non|ne|nao|niet|nooit)\b|n't\b|\bdont\b) (?:[^\s,.;:!]{1,12} ){0,3}$/

/** The footer of somebody's newsletter, or of ours that the client did not mark as a quote. */
export const footer =
  /\b(?:click|klicken|klik|cliquez|haga clic|clicca|clique|follow|visit|link|https?:|www\.|here|hier|ici|aqui|qui)\b/
