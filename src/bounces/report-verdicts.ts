import type { RecipientFinding } from './finding.ts'
import { judge } from './judge.ts'
import { maxRecipients } from './limits.ts'
import type { Notice } from './readers/notice.ts'
import type { ReportParts } from './report-parts.ts'
import type {
  OriginalMessage,
  Reason,
  RecipientKind,
  RecipientVerdict,
  ReportType,
  ReportVerdict,
} from './verdict.ts'

/** What the readers of one message share. */
export interface ReportContext {
  parts: ReportParts
  notice: Notice
  /** The notice without the returned message. */
  text: string
  original: OriginalMessage
}

/** `delayed`: the report as a whole only warns. */
export function deliveryReport(
  context: ReportContext,
  findings: RecipientFinding[],
  delayed: boolean,
): ReportVerdict {
  const recipients = findings.slice(0, maxRecipients).map((finding) => judge(finding, delayed))
  const succeeded = recipients.length > 0 && recipients.every((one) => one.kind === 'delivered')
  const report = verdict(context, succeeded ? 'delivered' : 'bounce', recipients)
  return { ...report, truncated: report.truncated || findings.length > maxRecipients }
}

/** A complaint names its recipients, or nobody: providers redact them. */
export function feedbackReport(
  context: ReportContext,
  feedbackType: string,
  addresses: string[],
  evidence: string,
): ReportVerdict {
  const reason = reasonOfFeedback(feedbackType)
  const named: (string | null)[] = addresses.length > 0 ? addresses : [null]
  const recipients = named.map((address) => ({
    ...mention(address, 'feedback', reason, evidence),
    feedbackType,
  }))
  return { ...verdict(context, 'feedback', recipients), feedbackType }
}

/** Authentication reports and "not spam" are no complaints: nobody asked to be left alone. */
function reasonOfFeedback(feedbackType: string): Reason {
  if (feedbackType.startsWith('opt-out')) return 'unsubscribe'
  return ['auth-failure', 'not-spam', 'dmarc', 'dkim-reputation'].includes(feedbackType)
    ? 'report'
    : 'complaint'
}

export function automaticReply(
  context: ReportContext,
  type: 'autoreply' | 'challenge',
  from: string | null,
): ReportVerdict {
  const kind = type === 'autoreply' ? 'autoreply' : 'other'
  return verdict(context, type, [mention(from, kind, type, type)])
}

export function noReport(why: string, original: OriginalMessage, truncated: boolean): ReportVerdict {
  return { type: 'none', feedbackType: null, recipients: [], original, truncated, why }
}

function verdict(context: ReportContext, type: ReportType, recipients: RecipientVerdict[]): ReportVerdict {
  const { original, parts } = context
  return { type, feedbackType: null, recipients, original, truncated: parts.mail.truncated, why: null }
}

function mention(
  address: string | null,
  kind: RecipientKind,
  reason: Reason,
  evidence: string,
): RecipientVerdict {
  return {
    address,
    originalRecipient: null,
    status: null,
    smtpCode: null,
    action: null,
    kind,
    permanent: null,
    addressDead: false,
    reason,
    diagnostic: null,
    remoteMta: null,
    evidence,
  }
}
