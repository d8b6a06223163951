import { startImapFarm } from '../src/lab/imap-farm.ts'

/** The lab's IMAP farm in a process of its own: `node imap-farm-process.ts MAILBOXES MESSAGES`; prints its port. */
const [mailboxes, messages] = process.argv.slice(2).map(Number)
const farm = await startImapFarm()
for (let n = 1; n <= (mailboxes ?? 0); n += 1) {
  for (let at = 0; at < (messages ?? 0); at += 1) farm.deliver(`sender${n}@sender.test`, letter(n, at))
}
process.stdout.write(`${JSON.stringify({ port: farm.port })}\n`)

function letter(mailbox: number, at: number): Buffer {
  const name = `m${mailbox}-${at}`
  const header = `From: Bea <bea@elsewhere.test>\r\nTo: sender${mailbox}@sender.test\r\nSubject: News ${name}\r\nMessage-ID: <${name}@elsewhere.test>\r\n`
  return Buffer.from(
    `${header}Date: ${new Date().toUTCString()}\r\n\r\n${'A line of some length, as people write.\r\n'.repeat(40)}`,
  )
}
