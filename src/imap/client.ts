import { ImapFlow } from 'imapflow'
import type { ImapSettings } from './settings.ts'

export interface ConnectionOptions {
  /** Until the TCP and TLS connection stands; 30 s if left out. */
  connectTimeoutMs?: number | undefined
  /** Certificates to trust instead of the system's, PEM. */
  tlsCa?: string | undefined
}

/** What imapflow would have logged: its last error, and how many lines of the server it could not read. */
export interface Complaints {
  last: unknown
  unreadableLines: number
}

/** A message that a server sends whole although a part was asked for is held in memory up to this. */
const longestLiteralBytes = 64 * 1024 * 1024
const longestLineBytes = 4 * 1024 * 1024

/** Longer than any session; sessions watch for silence themselves, since imapflow would end one whose caller is busy. */
const neverMs = 2 ** 31 - 1

export function createClient(
  settings: ImapSettings,
  options: ConnectionOptions,
): { client: ImapFlow; complaints: Complaints } {
  const complaints: Complaints = { last: undefined, unreadableLines: 0 }
  const connectTimeoutMs = options.connectTimeoutMs ?? 30_000
  const client = new ImapFlow({
    host: settings.host,
    port: settings.port,
    secure: settings.security === 'tls',
    // Left out, imapflow would upgrade only if the server offers it: a stripped offer would send the password in the clear.
    doSTARTTLS: settings.security === 'starttls' ? true : settings.security === 'none' ? false : undefined,
    auth: { user: settings.username, pass: settings.password },
    tls: { minVersion: 'TLSv1.2', ...(options.tlsCa === undefined ? {} : { ca: options.tlsCa }) },
    clientInfo: { name: 'Rookery', version: '1', vendor: 'Rookery', 'support-url': '' },
    disableAutoIdle: true,
    // A zlib window for each of thousands of short sessions costs more than it saves.
    disableCompression: true,
    // SELECT gives HIGHESTMODSEQ without (RFC 7162 section 3.1.2.1), and nothing else that could be enabled is used.
    disableAutoEnable: true,
    connectionTimeout: connectTimeoutMs,
    greetingTimeout: connectTimeoutMs,
    socketTimeout: neverMs,
    maxLineLength: longestLineBytes,
    maxLiteralSize: longestLiteralBytes,
    maxResponseSize: longestLiteralBytes + longestLineBytes,
    // A command that returns `false` has told only the log why.
    logger: listener(complaints),
  })
  return { client, complaints }
}

function listener(complaints: Complaints) {
  const note = (entry: { err?: unknown; payloadBytes?: number }) => {
    if (entry.err !== undefined) complaints.last = entry.err
    if (entry.payloadBytes !== undefined) complaints.unreadableLines += 1
  }
  const ignore = () => {}
  return { trace: ignore, debug: ignore, info: ignore, warn: note, error: note, fatal: note }
}

/** imapflow asks LIST and LSUB about a folder before it first opens it, for what is never used here: two answers to wait for. */
export function skipLookUp(client: ImapFlow, path: string): void {
  const { folders } = client as unknown as { folders?: Map<string, object> }
  if (!folders?.has(path)) folders?.set(path, { path })
}

/** How long a server may take to answer LOGOUT before the connection is cut. */
const logoutMs = 2_000

/** Logs out if the connection still works, else cuts it; never throws. */
export async function letGo(client: ImapFlow): Promise<void> {
  if (!client.usable) {
    client.close()
    return
  }
  const timer = setTimeout(() => client.close(), logoutMs)
  try {
    await client.logout()
  } catch {
    // The connection ended by itself: as good as a logout.
  } finally {
    clearTimeout(timer)
    client.close()
  }
}
