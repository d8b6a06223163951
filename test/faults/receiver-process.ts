import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startImapFarm } from '../../src/lab/imap-farm.ts'
import { createSentFiling } from '../../src/lab/sent-filing.ts'
import { HeaderScan } from '../../src/lab/smtp-accepted.ts'
import type { Behaviour, Party, Phase } from '../../src/lab/smtp-behaviours.ts'
import { type SmtpProvider, startSmtpProvider } from '../../src/lab/smtp-provider.ts'

// The receiving side in a process of its own: several SMTP servers, the senders' mailboxes, and an account of every message
// that was accepted. Ends when its stdin does. `node receiver-process.ts SERVERS` prints {"ports", "imapPort", "httpPort"}.
// POST /mailboxes: addresses that get one. GET /accepted: the account. GET /state: what is on the wire. POST /trouble: one more thing that goes wrong, for a while.

/** One message that was answered with 250, or whose answer was withheld on purpose after it was taken. */
export interface Accepted {
  messageId: string
  ref: string
  sender: string
  recipient: string
  atMs: number
}

/** Something that goes wrong with a share of the sessions that come to it, on one server or on all, for a while. */
export interface Trouble {
  behaviour: Behaviour
  share: number
  forMs: number
  server?: number
}

export interface ReceiverPorts {
  ports: number[]
  imapPort: number
  httpPort: number
}

export interface ReceiverState {
  accepted: number
  /** SMTP connections that are open. */
  open: number
  /** Messages that had come in whole, and whose senders got no answer. */
  withheld: number
  /** How often something went wrong in a session, by where and what. */
  met: Record<string, number>
}

if (import.meta.main) {
  const accepted: Accepted[] = []
  const troubles: (Trouble & { untilMs: number })[] = []
  const met: Record<string, number> = {}
  let withheld = 0

  const farm = await startImapFarm()
  const file = createSentFiling({ do: 'file' }, (address, message) => {
    farm.deliver(address, message, { folder: 'Sent' })
  })

  const rule = (server: number) => (phase: Phase) => {
    const trouble = troubles.find(
      (one) =>
        one.untilMs > Date.now() &&
        one.behaviour.at === phase &&
        (one.server ?? server) === server &&
        Math.random() < one.share,
    )
    if (!trouble) return undefined
    const { behaviour } = trouble
    const name = `${behaviour.do} at ${behaviour.at}`
    met[name] = (met[name] ?? 0) + 1
    if (phase === 'dot' && (behaviour.do === 'drop' || behaviour.do === 'hang')) withheld += 1
    return behaviour
  }

  const onAccepted = (headers: string, party: Party) => {
    const scan = new HeaderScan()
    scan.push(Buffer.from(`${headers}\r\n\r\n`, 'latin1'))
    accepted.push({ ...scan.ids(), ...party, atMs: Date.now() })
    file(headers, party)
  }

  const servers: SmtpProvider[] = []
  for (let n = 0; n < Number(process.argv[2] ?? 1); n += 1)
    servers.push(await startSmtpProvider({ rule: rule(n), onAccepted }))

  const state = (): ReceiverState => ({
    accepted: accepted.length,
    open: servers.reduce((sum, { connections }) => sum + connections.open, 0),
    withheld,
    met,
  })

  const answer = async (request: IncomingMessage): Promise<unknown> => {
    if (request.url === '/accepted') return accepted
    if (request.url === '/mailboxes') {
      for (const address of JSON.parse(await text(request)) as string[]) farm.folder(address)
      return state()
    }
    if (request.url !== '/trouble') return state()
    const trouble = JSON.parse(await text(request)) as Trouble
    troubles.push({ ...trouble, untilMs: Date.now() + trouble.forMs })
    return state()
  }

  const http = createServer((request, response) => {
    void answer(request).then((body) => response.end(JSON.stringify(body)))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const ports = servers.map(({ port }) => port)
  const httpPort = (http.address() as AddressInfo).port
  console.log(JSON.stringify({ ports, imapPort: farm.port, httpPort } satisfies ReceiverPorts))
  process.stdin.on('end', () => process.exit(0)).resume()
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
