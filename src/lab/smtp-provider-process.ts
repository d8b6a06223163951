import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type DemoMailboxes, type MadeAnswer, startDemoMailboxes } from './demo-mailboxes.ts'
import type { SentFiling } from './sent-filing.ts'
import type { Behaviours } from './smtp-behaviours.ts'
import { type SmtpProvider, type SmtpProviderOptions, startSmtpProvider } from './smtp-provider.ts'

// A process of its own, so that what it counts survives the kill -9 of a sender, and its CPU is not the sender's.
// Takes options (login, behaviours, mailboxes, filing) as JSON. Prints {"port", "httpPort", "imapPorts"} on one line.
// GET /accepted[?list=1]: the account. GET /answers: what it put into the mailboxes. POST /behaviour: a table as JSON.
// Ends when its stdin does, hence with its parent.
if (import.meta.main) {
  const options = JSON.parse(process.argv[2] ?? '{}') as ProviderProcessOptions
  const mailboxes = await startDemoMailboxes(
    options.mailboxes ?? [],
    options.login?.password ?? '',
    options.filing ?? { do: 'file' },
  )
  const provider = await startSmtpProvider({ ...options, onAccepted: mailboxes.onAccepted })
  const http = createServer((request, response) => void answer(provider, mailboxes, request, response))
  await new Promise<void>((resolve) => http.listen(0, provider.host, resolve))
  const httpPort = (http.address() as AddressInfo).port
  console.log(
    JSON.stringify({ port: provider.port, httpPort, imapPorts: mailboxes.ports } satisfies ProviderPorts),
  )
  process.stdin.on('end', () => process.exit(0)).resume()
}

export interface ProviderProcessOptions extends Pick<SmtpProviderOptions, 'behaviours'> {
  login?: { username: string; password: string }
  /** Addresses of senders whose IMAP mailboxes it holds, each a server of its own, and whose recipients answer. */
  mailboxes?: string[]
  /** What becomes of accepted mail in its sender's mailbox; it is filed in Sent if left out. */
  filing?: SentFiling
}

/** What it prints when it listens. */
export interface ProviderPorts {
  port: number
  /** For GET /accepted. */
  httpPort: number
  /** By address. */
  imapPorts: Record<string, number>
}

async function answer(
  provider: SmtpProvider,
  { made }: DemoMailboxes,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const url = new URL(request.url ?? '/', 'http://localhost')
  try {
    if (request.method === 'POST' && url.pathname === '/behaviour') {
      provider.setBehaviours(JSON.parse(await text(request)) as Behaviours)
      reply(response, 200, {})
    } else if (request.method === 'GET' && url.pathname === '/accepted') {
      reply(response, 200, account(provider, url.searchParams.has('list')))
    } else if (request.method === 'GET' && url.pathname === '/answers') {
      reply(response, 200, made satisfies MadeAnswer[])
    } else {
      reply(response, 404, { error: `no ${request.method} ${url.pathname}` })
    }
  } catch (error) {
    reply(response, 400, { error: String(error) })
  }
}

/** What GET /accepted answers. */
export interface ProviderAccount {
  accepted: number
  bytes: number
  messageIds: number
  /** Message-IDs and refs accepted more than once. */
  duplicates: Record<string, number>
  connections: { open: number; peak: number; total: number }
  reached: Record<string, number>
  /** Only with `?list=1`: how often each was accepted. */
  list?: {
    messageIds: Record<string, number>
    refs: Record<string, number>
    recipients: Record<string, number>
  }
}

function account({ accepted, connections, reached }: SmtpProvider, withList: boolean): ProviderAccount {
  const totals = {
    accepted: accepted.total,
    bytes: accepted.bytes,
    messageIds: accepted.byMessageId.size,
    duplicates: accepted.duplicates(),
    connections,
    reached,
  }
  if (!withList) return totals
  const list = {
    messageIds: Object.fromEntries(accepted.byMessageId),
    refs: Object.fromEntries(accepted.byRef),
    recipients: Object.fromEntries(accepted.byRecipient),
  }
  return { ...totals, list }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
