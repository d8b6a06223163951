import { CANCELLED, NODATA, NOTFOUND, Resolver } from 'node:dns/promises'
import type { Db } from '../../db/connect.ts'
import {
  knownDomain,
  type MxHost,
  providerByMx,
  type RecipientDomain,
  unresolvedDomain,
} from '../../sending/recipient-provider.ts'
import {
  keepUnresolved,
  listDomainsToRefresh,
  listWaitingDomains,
  setRecipientDomains,
} from '../../sending/recipient-store.ts'

const walkedAtOnce = 2000
const lookedUpAtOnce = 20

export type ResolveMx = (domain: string) => Promise<MxHost[]>

export interface NameServers {
  /** IP addresses, with a port after a colon; the system's if left out. */
  servers?: readonly string[]
  /** Of the first of two tries. */
  timeoutMs?: number
}

/** MX records until the signal, then rejects with `ECANCELLED`; none for a domain that exists without any. */
export function createMxResolver(
  signal: AbortSignal,
  { servers, timeoutMs = 3000 }: NameServers = {},
): ResolveMx {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 2 })
  if (servers) resolver.setServers(servers)
  signal.addEventListener('abort', () => resolver.cancel(), { once: true })
  return (domain) =>
    resolver.resolveMx(domain).catch((error: NodeJS.ErrnoException) => {
      if (error.code === NODATA) return []
      throw error
    })
}

/** Goes through the domains that emails wait for, a stretch each time, and finds the provider of those it does not know. */
export function createDomainLookups(db: Db, resolveMx: ResolveMx) {
  let after = ''
  return async function lookUpDomains(): Promise<{ lookedUp: number; more: boolean }> {
    const walked = await listWaitingDomains(db, after, walkedAtOnce)
    const unknown = walked.filter(({ known }) => !known).map(({ domain }) => domain)
    const batch = unknown.slice(0, lookedUpAtOnce)
    const more = unknown.length > batch.length || walked.length === walkedAtOnce
    after = more
      ? ((unknown.length > batch.length ? batch : walked.map(({ domain }) => domain)).at(-1) ?? '')
      : ''
    const old = await listDomainsToRefresh(db, lookedUpAtOnce)
    const domains = [...new Set([...batch, ...old])]
    await lookUp(db, domains, resolveMx)
    return { lookedUp: domains.length, more }
  }
}

async function lookUp(db: Db, domains: readonly string[], resolveMx: ResolveMx): Promise<void> {
  const unresolved: RecipientDomain[] = []
  const found = await Promise.all(
    domains.map(async (domain) => {
      const known = knownDomain(domain)
      if (known) return known
      try {
        return providerByMx(domain, await resolveMx(domain))
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code !== CANCELLED) unresolved.push(unresolvedDomain(domain, code === NOTFOUND))
        return undefined
      }
    }),
  )
  await setRecipientDomains(
    db,
    found.filter((domain) => domain !== undefined),
  )
  await keepUnresolved(db, unresolved)
}
