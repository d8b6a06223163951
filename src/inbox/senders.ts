import { domainOf, normaliseAddress } from '../core/email-address.ts'
import { isFreeMail } from '../core/free-mail.ts'
import type { HeaderBlock } from '../mime/header-block.ts'

export interface Sender {
  /** Normalised; undefined when the message names none that mail could be sent to. */
  address: string | undefined
  name: string
  /** A mail system or a mailbox that nobody reads: no person wrote from it. */
  automatic: boolean
}

const maxFieldChars = 2_000
const automaticLocalPart =
  /^(?:mailer-?daemon|postmaster|daemon|majordomo|listserv|mdaemon|no[._-]?reply|do[._-]?not[._-]?reply|nao[._-]?responda|no[._-]?responder|nicht[._-]?antworten|ne[._-]?pas[._-]?repondre|bounces?|notifications?|alerts?|auto[._-]?(?:reply|responder|confirm|mailer)|root|www-data)(?:$|[+_.-])/
const noReplyAnywhere = /(?:^|[+_.-])(?:no-?reply|do-?not-?reply)(?:$|[+_.-])/

export function readSender(headers: HeaderBlock): Sender {
  const from = (headers.decoded('from') ?? headers.decoded('sender') ?? '').slice(0, maxFieldChars)
  const { address, name } = splitMailbox(from)
  return { address, name, automatic: address === undefined ? isDaemonName(from) : isAutomatic(address) }
}

function isAutomatic(address: string): boolean {
  const local = address.slice(0, address.lastIndexOf('@')).toLowerCase()
  return automaticLocalPart.test(local) || noReplyAnywhere.test(local)
}

/** The domain that stands for a company, undefined for free mail: its users have nothing in common but their provider. */
export function companyDomain(address: string): string | undefined {
  const domain = domainOf(address)
  if (!address.includes('@') || domain === '' || isFreeMail(domain)) return undefined
  return domain
}

/** `Name <local@domain>`, `local@domain (Name)` or the bare address; of several mailboxes the first. */
function splitMailbox(from: string): { address: string | undefined; name: string } {
  const open = from.indexOf('<')
  const close = from.indexOf('>', open + 1)
  if (open >= 0 && close > open)
    return { address: plain(from.slice(open + 1, close)), name: unquoted(from.slice(0, open)) }
  const bare = /[^\s,;<>()"]{1,64}@[^\s,;<>()"]{1,255}/.exec(from)?.[0] ?? ''
  const comment = /\(([^()]{1,200})\)/.exec(from)?.[1] ?? ''
  return { address: plain(bare), name: comment.trim() }
}

function plain(address: string): string | undefined {
  const verdict = normaliseAddress(address)
  return verdict.ok ? verdict.address : undefined
}

function unquoted(name: string): string {
  return name.replace(/["\\]/g, '').trim()
}

function isDaemonName(from: string): boolean {
  return /mailer-?daemon|postmaster|mail delivery/i.test(from)
}
