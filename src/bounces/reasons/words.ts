/** What servers call the one who should have got the message; for wordings of rules (`rule.ts`). */
export const who =
  '{user|userid|user id|user name|username|recipient|recipients|mailbox|mail box|mail-box|address|addressee|account|alias|local part|local-part|email|e-mail|customer|person|subscriber|member|login}'

/** The same, of words that are never said of a host: "your IP address has been blocked" is not about a mailbox. */
export const mailboxOwner =
  '{user|userid|username|recipient|mailbox|mail box|addressee|account|alias|customer|subscriber|recipient address}'
