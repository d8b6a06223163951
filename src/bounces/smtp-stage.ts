/** The SMTP command that was refused: it tells a refused recipient from a refused sender or message. */
export type SmtpStage = 'connect' | 'hello' | 'mail' | 'rcpt' | 'data'

/** Each expression stands beneath the real wording that it was written for; the first that matches counts. */
const rules: readonly [SmtpStage, RegExp][] = [
  // Postfix: "(in reply to RCPT TO command)", "(in reply to end of DATA command)"
  ['rcpt', /in reply to RCPT/i],
  ['mail', /in reply to MAIL FROM/i],
  ['data', /in reply to (?:end of )?DATA/i],
  ['hello', /in reply to (?:EHLO|HELO)/i],
  // Exim: "SMTP error from remote mail server after RCPT TO:<a@b>:", "after end of data:", "after initial connection:"
  // GMX: "SMTP error from remote server after RCPT command:"
  ['rcpt', /\b(?:after (?:pipelined )?|for )RCPT\b/i],
  ['mail', /\bafter (?:pipelined )?MAIL FROM\b/i],
  ['data', /\bafter (?:pipelined )?(?:end of data|sending data|DATA\b)/i],
  ['hello', /\bafter (?:EHLO|HELO)\b/i],
  ['connect', /\bafter initial connection/i],
  // qmail: "192.0.2.1 does not like recipient.", "Connected to 192.0.2.1 but sender was rejected."
  ['rcpt', /does not like recipient/i],
  ['mail', /but sender was rejected/i],
  ['hello', /but my name was rejected/i],
  ['connect', /but (?:greeting failed|connection died)/i],
  ['data', /failed (?:on DATA command|after I sent the message)/i],
  // DragonFly: "mx.example.org [192.0.2.25] did not like our RCPT TO:"
  ['rcpt', /did not like our RCPT/i],
  ['mail', /did not like our MAIL/i],
  ['data', /did not like our (?:final )?DATA/i],
  // Yahoo: "Remote host said: 550 5.1.1 User Unknown [RCPT_TO]"
  ['rcpt', /\[RCPT_TO\]/],
  ['mail', /\[MAIL_FROM\]/],
  ['data', /\[(?:BODY|DATA)\]/],
  // Oracle Messaging Server: "Remote SMTP server has rejected address"
  ['rcpt', /remote SMTP server has rejected address/i],
  // Other servers: "SMTP:RCPT host 192.0.2.1: 553", "refused to accept your message (DATA)", "-------SMTP command\nDATA"
  ['rcpt', /SMTP:RCPT\b|SMTP command RCPT/i],
  // A command with its reply: "RCPT TO:<a@b> Remote server replied: 550 …", "Sent <<< RCPT TO:<a@b> Received >>> 550 …"
  ['rcpt', /\bRCPT TO:? ?<[^<>]{1,100}>[^<]{0,60}?\b[45]\d\d[ -]/i],
  ['data', /\(DATA\)|SMTP command DATA/i],
  // Gmail, before 2016: "(state 14)"
  ['rcpt', /\(state 1[45]\)/],
  ['mail', /\(state 13\)/],
  ['data', /\(state 1[678]\)/],
  // Postfix: "host mx.example.org[192.0.2.1] refused to talk to me: 421 …"
  ['connect', /refused to talk to me/i],
  // Any words that lead up to a command: "in response to the RCPT TO command", "during MAIL FROM", "hMailServer sent: RCPT TO"
  [
    'rcpt',
    /(?:to|at|during|on|sending|issuing|sent:?|our|command:?|stage:?) (?:the )?["'`]?RCPT\b(?! domain)/i,
  ],
  ['mail', /(?:to|at|during|on|sending|issuing|sent:?|our|command:?|stage:?) (?:the )?["'`]?MAIL FROM\b/i],
  ['data', /(?:at|during|on|sending|issuing|stage:?) (?:the |end of )?["'`]?DATA\b(?! (?:error|connection))/],
  // A command that is named beside the reply: "550 unknown user (RCPT TO)", "RCPT TO: 550 unknown user", "RCPT command failed"
  [
    'rcpt',
    /[([]RCPT(?:[ _]TO)?[\])]|\bRCPT(?: TO)?: [45]\d\d[ -]|\bRCPT(?: TO)? (?:command )?(?:failed|rejected|error|refused)/i,
  ],
  [
    'mail',
    /[([]MAIL(?:[ _]FROM)[\])]|\bMAIL FROM: [45]\d\d[ -]|\bMAIL FROM (?:command )?(?:failed|rejected|refused)/i,
  ],
  // vpopmail: "Connected to 192.0.2.7 but recipient was rejected."
  [
    'rcpt',
    /but recipient was rejected|(?:rejected|refused|did not accept|does not accept) (?:the |this )?recipient\b/i,
  ],
]

/** The mark of a line that was sent or received, as it is drawn: `>>>`, `Sent <<<`, `C:`. */
const marks = '[ \\t]{0,8}(?:(?:sent|received|command|reply):? )?(?:>{1,3}|<{1,3}|-{1,2}>|<-{1,2}|[CS]:)? ?'
const transcriptCommand = new RegExp(`^${marks}(EHLO|HELO|MAIL FROM|RCPT TO|DATA[ \\t]*$)`, 'i')
const transcriptEnd = /^[ \t]{0,8}>>> ?(?:\.|BDAT)/i
const transcriptRefusal = new RegExp(`^${marks}[45]\\d\\d[ -]`, 'i')

export function smtpStageOf(text: string): SmtpStage | undefined {
  const fromTranscript = stageOfTranscript(text)
  if (fromTranscript) return fromTranscript
  const line = text.replace(/\s+/g, ' ')
  return rules.find(([, wording]) => wording.test(line))?.[0]
}

/** Sendmail and others print the session: the command above the first refusal is the one that was refused. */
function stageOfTranscript(text: string): SmtpStage | undefined {
  if (!/[<>]{2}|RCPT TO|MAIL FROM/i.test(text)) return undefined
  let command = ''
  for (const line of text.split('\n')) {
    if (transcriptEnd.test(line)) command = 'DATA'
    else command = transcriptCommand.exec(line)?.[1]?.slice(0, 4).toUpperCase() ?? command
    if (command !== '' && transcriptRefusal.test(line)) return stageOfCommand(command)
  }
  return undefined
}

function stageOfCommand(command: string): SmtpStage | undefined {
  if (command === 'MAIL') return 'mail'
  if (command === 'RCPT') return 'rcpt'
  if (command === 'EHLO' || command === 'HELO') return 'hello'
  return command === '' ? undefined : 'data'
}
