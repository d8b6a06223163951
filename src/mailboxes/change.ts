import { AppError } from '../core/errors.ts'
import { defineMailbox, type MailboxServers, type Security } from './definition.ts'
import type { Mailbox } from './store.ts'

/** What is undefined stays as it is; a user name of null: no login. */
interface ServerChange {
  host?: string | undefined
  port?: number | undefined
  security?: string | undefined
  username?: string | null | undefined
}

export interface MailboxChange {
  displayName?: string | undefined
  smtp: ServerChange & { insecureAuth?: boolean | undefined }
  imap: ServerChange
}

export function hasChange({ displayName, smtp, imap }: MailboxChange): boolean {
  const values = [displayName, ...Object.values(smtp), ...Object.values(imap)]
  return values.some((value) => value !== undefined)
}

/** The mailbox as it will be, checked as a new one is; throws `invalid_input` that names every bad field. */
export function changeMailbox(mailbox: Mailbox, { displayName, smtp, imap }: MailboxChange): MailboxServers {
  const definition = defineMailbox({
    address: mailbox.email_address,
    displayName: displayName ?? mailbox.display_name,
    smtp: {
      ...merge(storedSmtp(mailbox), smtp),
      insecureAuth: smtp.insecureAuth ?? mailbox.smtp_insecure_auth,
    },
    imap: changeImap(mailbox, imap),
  })
  return {
    displayName: definition.displayName,
    provider: definition.provider,
    smtp: definition.smtp,
    imap: definition.imap,
  }
}

interface StoredServer {
  host: string
  port: number | null
  security: Security
  username: string | null
}

function storedSmtp(mailbox: Mailbox): StoredServer {
  const { smtp_host: host, smtp_port: port, smtp_security: security, smtp_username: username } = mailbox
  return { host, port, security, username }
}

function changeImap(mailbox: Mailbox, change: ServerChange) {
  const { imap_host: host, imap_port: port, imap_security: security, imap_username: username } = mailbox
  if (host !== null) return merge({ host, port, security, username }, change)
  if (Object.values(change).every((value) => value === undefined)) return undefined
  if (change.host === undefined)
    throw new AppError('invalid_input', `${mailbox.email_address} has no IMAP server yet: give its host too.`)
  return {
    ...change,
    username: change.username ?? mailbox.smtp_username ?? mailbox.email_address,
  }
}

/** With another kind of security comes its usual port, unless one is given. */
function merge(stored: StoredServer, change: ServerChange) {
  const sameSecurity = change.security === undefined || change.security === stored.security
  const username = change.username === undefined ? stored.username : change.username
  return {
    host: change.host ?? stored.host,
    security: change.security ?? stored.security,
    port: change.port ?? (sameSecurity ? (stored.port ?? undefined) : undefined),
    username: username ?? undefined,
  }
}
