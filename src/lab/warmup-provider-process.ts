import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cutConnections } from './imap-cuts.ts'
import { type ImapFarm, startImapFarm } from './imap-farm.ts'
import { type ImapFront, startImapFront } from './imap-faults.ts'
import { startSmtpProvider } from './smtp-provider.ts'
import { createWarmupPost } from './warmup-post.ts'
import { type HeldMessage, type MessageChange, readHeld, type WarmupWitness } from './warmup-witness.ts'

// A mail provider whose mailboxes write to one another, in a process of its own: `node warmup-provider-process.ts OPTIONS`
// with WarmupProviderOptions as JSON prints WarmupProviderPorts, and ends when its stdin does. GET /witness: all that it knows.
// POST /day?is=2: the second day begins.

export interface WarmupProviderOptions {
  /** Of what comes in, the share that lands in Junk, by week; the last one stays. By address. */
  junkShares: Record<string, number[]>
  password: string
  /** Cuts a connection in the middle after so many changes. */
  cutEvery: number
}

export interface WarmupProviderPorts {
  smtpPort: number
  httpPort: number
  /** By address. */
  imapPorts: Record<string, number>
}

const spam =
  'Subject: You have won\r\nMessage-ID: <spam@elsewhere.test>\r\nFrom: <eve@elsewhere.test>\r\n\r\n'

if (import.meta.main) {
  const { junkShares, password, cutEvery } = JSON.parse(process.argv[2] ?? '{}') as WarmupProviderOptions
  const mailboxes = Object.keys(junkShares)
  const changes: MessageChange[] = []
  const farm = await startImapFarm({
    mailboxes,
    password,
    onChange: (mailbox, { content }, what) => changes.push({ mailbox, ...idOf(content), what }),
  })
  const fronts = new Map<string, ImapFront>()
  for (const address of mailboxes) {
    fronts.set(address, await startImapFront(farm))
    farm.deliver(address, Buffer.from(spam), { folder: 'Junk' })
  }
  const countCuts = cutConnections([...fronts.values()], cutEvery)
  const post = createWarmupPost({
    junkShareOf: (address, day) => atWeek(junkShares[address] ?? [], day),
    holds: (address) => mailboxes.includes(address),
    deliver: (address, message, folder) => farm.deliver(address, message, { folder }),
  })
  const provider = await startSmtpProvider({ onAccepted: post.onAccepted })
  const witness = (): WarmupWitness => ({
    posted: post.posted,
    held: mailboxes.flatMap((mailbox) => heldIn(farm, mailbox)),
    changes,
    cuts: countCuts(),
  })
  const http = createServer(({ method, url = '/' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost')
    if (method === 'POST' && pathname === '/day') post.setDay(Number(searchParams.get('is')))
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(pathname === '/witness' ? witness() : {}))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const ports: WarmupProviderPorts = {
    smtpPort: provider.port,
    httpPort: (http.address() as AddressInfo).port,
    imapPorts: Object.fromEntries([...fronts].map(([address, { port }]) => [address, port])),
  }
  console.log(JSON.stringify(ports))
  process.stdin.on('end', () => process.exit(0)).resume()
}

const atWeek = (shares: readonly number[], day: number): number =>
  shares[Math.min(shares.length - 1, Math.floor((day - 1) / 7))] ?? 0

type Content = ReturnType<ImapFarm['folder']>['messages'][number]['content']

const headersOf = (content: Content) => content.read(0, content.size).toString('latin1')

const idOf = (content: Content) => ({ messageId: readHeld(headersOf(content)).messageId })

function heldIn(farm: ImapFarm, mailbox: string): HeldMessage[] {
  return farm.folders(mailbox).flatMap(({ name, messages }) =>
    messages.map(({ content, flags }) => ({
      mailbox,
      folder: name,
      flags,
      ...readHeld(headersOf(content)),
    })),
  )
}
