import { startImapFarm } from './imap-farm.ts'
import { createIncomingMail } from './incoming-mail.ts'
import { startSmtpProvider } from './smtp-provider.ts'

// A mail provider whose mailboxes write to one another, in a process of its own: `node warmup-provider-process.ts OPTIONS`
// with {"mailboxes", "password", "junkShare"} as JSON prints {"smtpPort", "imapPort"}, and ends when its stdin does.

export interface WarmupProviderOptions {
  mailboxes: string[]
  password: string
  /** Of what comes in, the share that lands in Junk. */
  junkShare: number
}

export interface WarmupProviderPorts {
  smtpPort: number
  imapPort: number
}

if (import.meta.main) {
  const { mailboxes, password, junkShare } = JSON.parse(process.argv[2] ?? '{}') as WarmupProviderOptions
  const farm = await startImapFarm({ mailboxes, password })
  const incoming = createIncomingMail({
    shares: { '*': { '*': junkShare } },
    holds: (address) => mailboxes.includes(address),
    deliver: (address, message, options) => farm.deliver(address, message, options),
    now: () => new Date(),
  })
  const provider = await startSmtpProvider({ onAccepted: incoming.onAccepted })
  const ports: WarmupProviderPorts = { smtpPort: provider.port, imapPort: farm.port }
  console.log(JSON.stringify(ports))
  process.stdin.on('end', () => process.exit(0)).resume()
}
