import { z } from 'zod'
import { addressOfField } from '../addresses.ts'
import type { RecipientFinding } from '../finding.ts'
import { maxRecipients } from '../limits.ts'
import { statusOfField } from '../reply-codes.ts'

const bouncedRecipient = z.object({
  emailAddress: z.string(),
  action: z.string().optional(),
  status: z.string().optional(),
  diagnosticCode: z.string().optional(),
})
const notification = z.object({
  notificationType: z.string().optional(),
  eventType: z.string().optional(),
  bounce: z
    .object({ bouncedRecipients: z.array(bouncedRecipient), reportingMTA: z.string().optional() })
    .optional(),
  complaint: z
    .object({
      complainedRecipients: z.array(z.object({ emailAddress: z.string() })),
      complaintFeedbackType: z.string().nullish(),
    })
    .optional(),
  delivery: z.object({ recipients: z.array(z.string()), smtpResponse: z.string().optional() }).optional(),
})
const envelope = z.object({ Type: z.literal('Notification'), Message: z.string() })

export interface SesNotification {
  kind: 'bounce' | 'complaint' | 'delivery'
  feedbackType: string
  recipients: RecipientFinding[]
}

/** Amazon SES notifications that SNS delivers to a mailbox: JSON, bare or in an SNS envelope. */
export function readSesNotification(text: string): SesNotification | undefined {
  const start = text.indexOf('{')
  if (start < 0 || start > 200 || (!text.includes('otificationType') && !text.includes('eventType')))
    return undefined
  const outer = parseJson(text.slice(start))
  const wrapped = envelope.safeParse(outer)
  const parsed = notification.safeParse(wrapped.success ? parseJson(wrapped.data.Message) : outer)
  return parsed.success ? resultOf(parsed.data) : undefined
}

/** SNS appends an unsubscribe notice, and mail servers fold the long line. */
function parseJson(text: string): unknown {
  const end = text.lastIndexOf('}')
  for (const candidate of [text.slice(0, end + 1), text.slice(0, text.indexOf('\n\n--') + 1)].map((one) =>
    one.replace(/\n/g, ''),
  ))
    try {
      return JSON.parse(candidate)
    } catch {
      // Not JSON as far as that: the other candidate may be.
    }
  return undefined
}

function resultOf(data: z.infer<typeof notification>): SesNotification | undefined {
  if (data.bounce)
    return {
      kind: 'bounce',
      feedbackType: '',
      recipients: data.bounce.bouncedRecipients.slice(0, maxRecipients).map(bounced),
    }
  if (data.complaint) {
    const recipients = data.complaint.complainedRecipients
      .slice(0, maxRecipients)
      .map((one) => named(one.emailAddress))
    return { kind: 'complaint', feedbackType: data.complaint.complaintFeedbackType ?? 'abuse', recipients }
  }
  if (!data.delivery) return undefined
  const reply = data.delivery.smtpResponse
  const recipients = data.delivery.recipients
    .slice(0, maxRecipients)
    .map((one) => ({ ...named(one), diagnostic: reply, action: 'delivered' }))
  return { kind: 'delivery', feedbackType: '', recipients }
}

function bounced(one: z.infer<typeof bouncedRecipient>): RecipientFinding {
  return {
    ...named(one.emailAddress),
    action: one.action?.toLowerCase() ?? 'failed',
    status: statusOfField(one.status ?? ''),
    diagnostic: one.diagnosticCode?.replace(/^smtp;\s{0,5}/i, ''),
  }
}

function named(address: string): RecipientFinding {
  return { address: addressOfField(address), evidence: 'ses-notification' }
}
