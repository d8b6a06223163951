import { startImapFarm } from '../src/lab/imap-farm.ts'

/**
 * The lab's IMAP farm in a process of its own: `node imap-farm-process.ts MAILBOXES MESSAGES KIND`; prints its port. Of the
 * messages of kind `warmup`, every fifth lies in Junk.
 */
const [mailboxes = 0, messages = 0] = process.argv.slice(2).map(Number)
const isWarmup = process.argv[4] === 'warmup'
const farm = await startImapFarm()
for (let n = 1; n <= mailboxes; n += 1) {
  for (let at = 0; at < messages; at += 1) {
    const folder = isWarmup && at % 5 === 4 ? 'Junk' : 'INBOX'
    farm.deliver(`sender${n}@sender.test`, letter(n, at), { folder })
  }
}
process.stdout.write(`${JSON.stringify({ port: farm.port })}\n`)

function letter(mailbox: number, at: number): Buffer {
  const name = `m${mailbox}-${at}`
  const token = isWarmup ? `X-Rookery-Warmup: ${name}\r\n` : ''
  const header = `From: Bea <bea@elsewhere.test>\r\nTo: sender${mailbox}@sender.test\r\nSubject: News ${name}\r\nMessage-ID: <${name}@elsewhere.test>\r\n${token}`
  return Buffer.from(
    `${header}Date: ${new Date().toUTCString()}\r\n\r\n${'A line of some length, as people write.\r\n'.repeat(40)}`,
  )
}
