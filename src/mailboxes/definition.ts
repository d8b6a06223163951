import { z } from 'zod'
import { normaliseAddress } from '../core/email-address.ts'
import { AppError } from '../core/errors.ts'
import type { Range } from '../core/range.ts'
import { findTimeZone } from '../core/time-zone.ts'
import { insecureReason, isLoopback } from '../smtp/security.ts'
import { inferProvider } from './provider.ts'

export type Security = 'starttls' | 'tls' | 'none'

const address = z.string().transform((input, ctx) => {
  const verdict = normaliseAddress(input)
  if (verdict.ok) return verdict.address
  ctx.addIssue(verdict.reason)
  return z.NEVER
})

const timezone = z.string().transform((input, ctx) => {
  const zone = findTimeZone(input)
  if (zone) return zone
  ctx.addIssue(`"${input}" is not a time zone; use a name such as Europe/Berlin`)
  return z.NEVER
})

const printable = z
  .string()
  .max(200)
  .regex(/^\P{Cc}*$/u, 'must not contain control characters')
const hostName = z
  .string()
  .trim()
  .min(1)
  .max(253)
  .regex(/^[A-Za-z0-9._:-]+$/, 'is not a host name or IP address')

const limit = { least: 1, most: 1_000_000, hint: 'to stop a mailbox, pause it' }

/** By the names of the settings; they are whole numbers, but for the gap. */
export const mailboxRanges = {
  port: { least: 1, most: 65_535 },
  dailyLimit: limit,
  rollingLimit: limit,
  hourlyLimit: limit,
  minGapSeconds: { least: 0, most: 86_400 },
  maxConnections: { least: 1, most: 50 },
  syncIntervalSeconds: {
    least: 30,
    most: 86_400,
    hint: 'servers lock out who logs in too often, and answers that are read late stop nothing',
  },
} as const satisfies Record<string, Range>

const within = ({ least, most, hint }: Range) =>
  z
    .number()
    .min(least, `must be at least ${least}${hint ? `; ${hint}` : ''}`)
    .max(most, `must be at most ${most}`)
const port = within(mailboxRanges.port).int()
const security = z.enum(['starttls', 'tls', 'none'])
const username = printable.min(1)

const limits = {
  /** Emails a day, in the mailbox's own zone. Zero is not a cap but a pause. */
  dailyLimit: within(limit).int(),
  /** Emails in any 24 hours. */
  rollingLimit: within(limit).int(),
  /** Emails in any hour. */
  hourlyLimit: within(limit).int(),
  minGapSeconds: within(mailboxRanges.minGapSeconds),
  gapJitter: z.number().min(0).max(1),
  maxConnections: within(mailboxRanges.maxConnections).int(),
  syncIntervalSeconds: within(mailboxRanges.syncIntervalSeconds).int(),
  timezone,
}

const definition = z
  .strictObject({
    address,
    displayName: printable.default(''),
    smtp: z.strictObject({
      host: hostName,
      port: port.optional(),
      security: security.optional(),
      username: username.optional(),
      insecureAuth: z.boolean().default(false),
    }),
    imap: z
      .strictObject({
        host: hostName,
        port: port.optional(),
        security: security.optional(),
        username: username.optional(),
      })
      .optional(),
    dailyLimit: limits.dailyLimit.default(500),
    rollingLimit: limits.rollingLimit.optional(),
    hourlyLimit: limits.hourlyLimit.optional(),
    minGapSeconds: limits.minGapSeconds.default(0),
    gapJitter: limits.gapJitter.default(0.25),
    maxConnections: limits.maxConnections.default(2),
    timezone: timezone.default('UTC'),
  })
  .transform((given) => ({
    ...given,
    provider: inferProvider(given.smtp.host),
    smtp: completeSmtp(given.smtp),
    imap: given.imap && completeImap(given.imap),
  }))
  .superRefine(({ smtp }, ctx) => {
    const message = insecureReason(smtp)
    if (message) ctx.addIssue({ code: 'custom', path: ['smtp', 'security'], message })
  })

const limitChange = z
  .strictObject(limits)
  .partial()
  .refine((change) => Object.values(change).some((value) => value !== undefined), 'nothing to change')

/** A mailbox with its defaults filled in. Passwords travel apart from it. */
export type MailboxDefinition = z.output<typeof definition>
/** Who it is to recipients, and where it sends and receives. */
export type MailboxServers = Pick<MailboxDefinition, 'displayName' | 'provider' | 'smtp' | 'imap'>
export type MailboxLimits = z.output<typeof limitChange>

/** Throws `invalid_input` that names every bad field. */
export function defineMailbox(input: unknown): MailboxDefinition {
  return accept(definition.safeParse(input), 'This is not a valid mailbox.')
}

/** Throws `invalid_input` that names every bad field. */
export function defineLimits(input: unknown): MailboxLimits {
  return accept(limitChange.safeParse(input), 'These are not valid limits of a mailbox.')
}

type Server = { host: string; port?: number | undefined; security?: Security | undefined }

function completeSmtp<T extends Server>(given: T) {
  const chosen = given.security ?? usualSmtpSecurity(given.host, given.port)
  const usualPort = { starttls: 587, tls: 465, none: 25 }[chosen]
  return { ...given, security: chosen, port: given.port ?? usualPort }
}

function completeImap<T extends Server>(given: T) {
  const chosen = given.security ?? (isLoopback(given.host) ? 'none' : given.port === 143 ? 'starttls' : 'tls')
  return { ...given, security: chosen, port: given.port ?? (chosen === 'tls' ? 993 : 143) }
}

// RFC 8314 section 3.3: port 465 speaks TLS from the first byte, the others begin in the clear.
function usualSmtpSecurity(host: string, port: number | undefined): Security {
  if (port === 465) return 'tls'
  return isLoopback(host) ? 'none' : 'starttls'
}

function accept<T>(result: z.ZodSafeParseResult<T>, message: string): T {
  if (result.success) return result.data
  const details = result.error.issues.map((issue) => `${issue.path.join('.') || 'mailbox'}: ${issue.message}`)
  throw new AppError('invalid_input', message, { details })
}
