/**
 * Lines after which a notice returns our message. Each expression stands beneath the wording that it was written for, and
 * sees one line at a time.
 */
export const copyMarkers: readonly RegExp[] = [
  // qmail: "--- Below this line is a copy of the message."; vpopmail: "--- Enclosed is a copy of the message."
  // Exim: "------ This is a copy of the message, including all the headers. ------"; OpenSMTPD: "Below is a copy of the original message:"
  /^[ \t]{0,8}[-=*_]{0,40} ?(?:below|enclosed|included|this|here|attached)[a-z ]{0,20} is an? (?:partial )?copy/i,
  // "----- Original message -----", "--- The header of the original message is following. ---", "----- Unsent message follows -----",
  // "------- Returned Message --------", "----- Message header follows -----", "=== Undelivered message follows ==="
  /^[ \t]{0,8}[-=*_|#+]{2,60} ?(?:the |transcript of |headers? of |first |your )*(?:original|returned|unsent|undelivered|undeliverable|rejected|bounced)[a-z ]{0,30}(?:message|mail|headers?)(?: (?:text|header|headers|body|info|is|follows?|following|log:))*[ .:]{0,4}(?:[-=*_|#+]{2,60})?[ \t]{0,8}$/i,
  // "|--- Message text follows: ---|", "----- Message header follows -----"
  /^[ \t]{0,8}[-=*_|#+]{2,60} ?(?:the )?(?:message|mail) (?:text|headers?|body|copy)? ?(?:follows?|following|below)[ .:]{0,4}(?:[-=*_|#+]{2,60})?[ \t]{0,8}$/i,
  // DragonFly: "Message headers follow.", "Original message follows."; Office 365: "Original message headers:"
  /^[ \t]{0,8}(?:the )?(?:original |returned |undelivered )?(?:message|mail) ?(?:headers?|text|body)? ?(?:follows?|is following|included below|is below|attached)[.:]{0,3}[ \t]{0,8}$/i,
  // Mimecast: "Original Message:"; others: "bounced E-Mail:", "Returned message:"
  /^[ \t]{0,8}(?:original|returned|bounced|rejected) (?:message|e-?mail|mail)(?: headers?| details)?:[ \t]{0,8}$/i,
  // Exchange: "Ursprüngliche Nachrichtenkopfzeilen:", "En-têtes de message d'origine :", "Intestazioni originali del messaggio:", "元のメッセージ ヘッダー:"
  /^[ \t]{0,8}(?:urspr.{1,2}ngliche nachrichtenk|en-t.{1,2}tes d[eu] (?:message )?.{0,20}origin|intestazioni (?:originali|del messaggio)|encabezados (?:de mensajes? )?originales|cabe.alhos (?:d[ea] mensage[mn]s? )?originais|oorspronkelijke berichtk|元のメッセージ|原始邮件头|原始郵件標頭)/i,
  /^[ \t]{0,8}(?:included is a copy of the message header|the message headers? (?:is|are|follows?)|start of message)/i,
  // Argentine qmail: "--- Mensaje original adjunto."; German: "----- Ursprüngliche Nachricht -----"; French: "--- Message original ---"
  /^[ \t]{0,8}[-=*_]{2,60} ?(?:mensaje (?:original|devuelto)|urspr.{1,3}ngliche nachricht|message d'origine|message original|messaggio originale|mensagem original)/i,
]

/** Header fields that stand at the top of a returned message when no line announces it. */
export const returnedHeader =
  /^(?:Return-Path|Received|Message-ID|DKIM-Signature|DomainKey-Signature|X-Mailer|MIME-Version|X-Originating-IP): ?\S/i

/** Text that every report of a format bears: no reason can be read from it. */
export const boilerplate: readonly RegExp[] = [
  // qmail: "This is a permanent error; I've given up. Sorry it didn't work out.", "I'm not going to try again; this message has been in the queue too long."
  /this is a permanent error[;.][^\n]{0,60}/gi,
  /i'm not going to try again; this message has been in the queue too long\.?/gi,
  // Postfix: "For further assistance, please send mail to postmaster. If you do so, please include this problem report."
  /for further assistance, please[^\n]{0,80}/gi,
  /if you do so, please include this problem report[^\n]{0,80}/gi,
  /delete your own text from the (?:attached )?(?:returned )?message[^\n]{0,40}/gi,
  // sendmail, Gmail: "THIS IS A WARNING MESSAGE ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE."
  /this is a warning (?:message )?only[^\n]{0,20}/gi,
  /you do not need to re-?send (?:your message|the message)[^\n]{0,40}/gi,
  // Exim: "A message that you sent could not be delivered to one or more of its recipients."
  /a message that you (?:have )?sent could not be delivered to[^\n]{0,60}/gi,
  // Gmail: "We recommend contacting the other email provider for further information about the cause of this error."
  /we recommend contacting the other email provider for further information about the cause of this error\./gi,
  /google tried to deliver your message, but it was rejected by the[^\n]{0,200}?(?=the error that|\n|$)/gi,
  // "Giving up on 192.0.2.1."
  /giving up on [\d.]{7,20}/gi,
]

/** Openings of reports, and phrases that only reports use; any of them beside a report's sender settles what the mail is. */
export const openings: readonly RegExp[] = [
  // qmail and those who edited its greeting
  /this is the qmail-send program/i,
  /i'm afraid i wasn't able to deliver your message/i,
  /i'm sorry to have to inform you that/i,
  /sorry it didn't work out/i,
  // Postfix, Exim, Sendmail, DragonFly, OpenSMTPD
  /this is the (?:mail system|postfix program|mail delivery|dragonfly mail agent|mailer-daemon)/i,
  /created automatically by (?:mail delivery software|the (?:smtp relay|mail))/i,
  /a message that you (?:have )?sent (?:could not be|has not yet been) delivered/i,
  /a message that you sent contained (?:one or more|no) recipient addresses/i,
  /the following address(?:es|\(es\))? (?:had|failed)/i,
  /transcript of session follows/i,
  /there was an error (?:delivering|sending) your mail/i,
  /an error (?:has )?occurred while (?:attempting|trying) to deliver/i,
  /a message is delayed for more than/i,
  // Gmail, Yahoo, Exchange, Office 365, GMX
  /delivery to the following recipients? (?:failed|has been delayed|was aborted)/i,
  /deli?very to the following recipients? failed/i,
  /delevery to the following/i,
  /your message wasn'?t delivered/i,
  /message (?:not delivered|blocked|will not be delivered)/i,
  /address not found/i,
  /the group you tried to contact|groups\.google\.com\/support/i,
  /unable to deliver (?:your |this )?(?:message|mail|e-?mail)/i,
  /delivery has failed to these recipients/i,
  /rejected your message to the following/i,
  /did not reach (?:the following|some or all)/i,
  /could not be (?:delivered|reached|sent)/i,
  /(?:cannot|can't|couldn't|could not|was not|wasn't|not) be delivered/i,
  /undeliverable/i,
  /(?:could|can|did|was|were|is|are)(?: ?not|n't) (?:be )?(?:able to )?deliver(?:ed|able)?\b|non-?deliver(?:able|y)|(?:permanent|fatal|transient) (?:error|failure)s?/i,
  /(?:returned|being returned|sent back) to (?:you|its sender|the sender)/i,
  /deliver(?:y|ing) (?:of )?(?:your|the|this)? ?(?:message|mail|e-?mail)? ?(?:has )?(?:failed|was not possible|delayed|unsuccessful)/i,
  /delivery (?:failed|failure|error|delayed|problem|status)/i,
  /mail (?:delivery )?(?:failed|failure|error)/i,
  /returned permanent errors/i,
  /had delivery errors/i,
  /failed addresses follow/i,
  /we had trouble delivering/i,
  /was rejected by a remote mail server|rejected by (?:a|the) (?:remote|recipient)/i,
  /user\(s\) account/i,
  /you are not a member of this mailing list/i,
  /body of message generated response/i,
  /unknown user:/i,
  /invalid user address/i,
  /su mensaje no pudo ser entregado|no se (?:pudo|ha podido) entregar/i,
  /konnte nicht (?:zugestellt|ausgeliefert|ausgestellt)|nicht zugestellt werden/i,
  /n'a (?:pas )?pu (?:être|etre) (?:remis|délivré|livré)|impossible de (?:remettre|livrer)/i,
  /impossibile (?:recapitare|consegnare)|non (?:è|e'?) stato (?:possibile )?(?:recapita|consegna)/i,
  /não (?:foi possível|pôde ser|pode ser) entreg/i,
  /не (?:может быть|было|удалось) доставлен|не доставлено/i,
  // Exchange and Microsoft 365, the sentence above the recipients
  /(?:fehler bei der nachrichtenzustellung|die nachricht konnte (?:an )?|konnte nicht .{0,40}bermittelt werden|zustellung fehlgeschlagen)/i,
  /(?:chec de la remise|la remise (?:à|de|n|a ).{0,60}|votre message .{0,80}n'a pas pu|n'a pas été remis|impossible de livrer)/i,
  /(?:error de entrega a|error en la entrega|la entrega (?:a|se ha|ha fallado)|no se pudo entregar el mensaje|su mensaje .{0,60}no se pudo|mensaje no entregado)/i,
  /(?:il recapito non|recapito non riuscito|impossibile recapitare|non sono stati raggiunti|il messaggio .{0,60}non (?:è|e') stato)/i,
  /(?:falha (?:na entrega|ao entregar)|a entrega (?:falhou|a estes)|não foi possível entregar|não pôde ser entregue|mensagem não entregue)/i,
  /(?:bezorging .{0,60}mislukt|uw bericht .{0,60}niet (?:worden )?(?:bezorgd|afgeleverd)|kan niet worden bezorgd)/i,
  /(?:det gick inte att leverera|kunde inte levereras|kunne ikke leveres|levering .{0,60}mislykke|toimitus .{0,60}epäonnistu|ei voitu toimittaa)/i,
  /(?:dostarczenie .{0,60}nie powiodło|nie można (?:było )?dostarczyć|nie został[ao]? dostarczon|doručení .{0,60}nezdařilo|nelze doručit|nem kézbesíthető|kézbesítés.{0,60}nem sikerült|teslim edilemedi|iletilemedi)/i,
  /配信に失敗|配信できません|送信できません|配送できません|届けることができません|送信に失敗|お届けできません/,
  /未能送达|无法送达|傳遞失敗|传递失败|郵件無法|배달하지 못|배달할 수 없|전송하지 못|전달되지 못/,
  /退信|无法投递|無法投遞|投递失败/,
]

/** Subjects of reports, decoded. */
export const reportSubject: readonly RegExp[] = [
  // "Undelivered Mail Returned to Sender", "Delivery Status Notification (Failure)", "failure notice", "Returned mail: User unknown"
  /undeliver|not delivered|could ?n[o']t be delivered|delivery (?:status|fail|delay|error|has failed|problem|report|incomplete)/i,
  /(?:mail|message|e-?mail|delivery)[a-z ]{0,20} (?:fail(?:ed|ure)|delayed|undelivered|blocked)|(?:failure|bounce|failed) (?:notice|notification)/i,
  /returned mail|returning (?:message|mail)|mail (?:system )?error|mail failure|error sending your mail|rejected|are not member/i,
  // "Warning: message 1abc-0001-Xy delayed 24 hours", "Delayed Mail (still being retried)"
  /delayed mail|warning: (?:message|could not)/i,
  // German, French, Spanish, Italian, Portuguese, Dutch, Polish, Swedish, Danish, Czech
  /unzustellbar|nicht zustellbar|nicht zugestellt|non remis|non distribu|échec de (?:la )?remise|no se (?:puede|pudo|ha podido) entregar|no entregado|impossibile recapitare|mancato recapito|recapito non riuscito/i,
  /não (?:é possível entregar|entregue)|falha na entrega|onbestelbaar|kan niet (?:worden )?bezorg|niedostarczal|nie można dostarczyć|olevererbar|kan ikke leveres|nedoručiteln/i,
  /nicht übermittelt|nicht zugestellt|zustellung fehlgeschlagen|remise a échoué|échec de remise|no se puede entregar|error de entrega|non recapitabile|não entregue|entrega falhou/i,
  /kan inte levereras|ikke leveret|ikke levert|ei toimitettu|toimitus epäonnistui|niedostarczon|niedoręczon|nedoručen|kézbesíthetetlen|iletilemedi|teslim edilemedi/i,
  // Russian, Chinese, Japanese, Korean
  /не ?доставлен|не уда(?:ется|лось) доставить|退信|未送达|无法送达|未送達|配信不能|配信エラー|エラー|반송|배달되지 않음/i,
]

/** Words directly before an address that say that it is the recipient; each sees the 90 characters before it. */
export const introducingWords: readonly RegExp[] = [
  // "There was an error delivering your mail to <a@b>", "Unable to deliver message to: <a@b>", "undeliverable to a@b"
  /(?:deliver|delivering|delivered|delivery|undeliverable|undelivered|sent|send|sending|mail|message|e-?mail)(?: (?:your|this|the|of|your) ?(?:mail|message|e-?mail)?)? ?(?:to|for):?[ \t\n]{0,4}[<"'(]{0,2}$/i,
  // "Recipient: <a@b>", "The following recipients returned permanent errors: a@b", "Recipient Address: a@b"
  // MailEnable: "Recipient: [SMTP:a@b]"; "Empfänger: a@b", "Destinatario: a@b", "収件者: a@b"
  /(?:recipients?|recipient\(s\)|address|addresses|errors|error-for|users?|userid|mailbox|account|rcpt to|to|failed|following)[ \t]{0,4}:[ \t]{0,10}(?:\[smtp:)?[<"'([]{0,2}$/i,
  /(?:empf.{1,2}nger|destinataires?|destinat.{1,2}rios?|destinatari|ontvanger|odbiorca|получател.{1,4}|адресат|収件者|宛先|受信者|收件人|收件者)[ \t]{0,4}[:：\t][ \t]{0,10}[<"'(]{0,2}$/i,
  // "Unknown user: a@b", "Delivery failed 20 attempts: a@b", "User unknown: a@b"
  /(?:unknown user|unknown|attempts|undeliverable|not delivered to|not be delivered)[ \t]{0,2}:?[ \t]{1,4}[<"'(]{0,2}$/i,
  // IMail: "User mailbox exceeds allowed size: a@b", "Unknown host: a@b"; header fields and names of the sender are one word
  /^[ \t]{0,8}(?!.{0,60}\b(?:sender|from|return|reply|contact|support|postmaster|help|questions?)\b)[a-z']{1,20}(?: [a-z']{1,20}){1,8}:[ \t]{1,4}[<]?$/i,
  // "the following address: a@b", "to the recipient a@b", "your message to a@b"
  /(?:recipient|address|mailbox|user|account)(?: is| was)?[ \t]{1,4}[<"'(]{0,2}$/i,
]
