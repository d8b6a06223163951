import { z } from 'zod'
import {
  type PreviousEmail,
  type RenderInput,
  renderStep,
  type StepContent,
} from '../../campaigns/content.ts'
import { listStepsById, type StepText } from '../../campaigns/store.ts'
import { contentOf } from '../../campaigns/variants.ts'
import { AppError } from '../../core/errors.ts'
import type { Db } from '../../db/connect.ts'
import type { ClaimedEmail } from '../../sending/claim-emails.ts'
import type { OutgoingMessage } from '../../smtp/compose.ts'
import type { SendingMailbox } from './mailbox.ts'

/** What a step said a moment ago is good enough: an edit reaches the wire within this time. */
const stepCacheMs = 10_000

const directContent = z.object({
  subject: z.string(),
  text: z.string(),
  html: z.string().optional(),
  headers: z.record(z.string(), z.string()).default({}),
  /** Message-IDs of the conversation that it goes on with, oldest first. */
  references: z.array(z.string()).default([]),
})

export type Renderer = (mailbox: SendingMailbox) => (email: ClaimedEmail) => Promise<OutgoingMessage>

/** Makes the message of a claimed email: from its step and lead, or from the content of its own row. */
export function createRenderer(db: Db): Renderer {
  const steps = createStepCache(db)
  return (mailbox) => async (email) => {
    const { headers, references, ...content } =
      email.stepId === null ? ownContent(email) : await stepContent(steps, email, mailbox)
    return {
      ...content,
      from: { name: mailbox.displayName, address: mailbox.address },
      to: { name: leadName(email), address: email.to },
      messageId: email.messageId,
      date: new Date(),
      inReplyTo: references.at(-1),
      references,
      headers: { ...headers, 'X-Rookery-Ref': email.ref },
    }
  }
}

function ownContent(email: ClaimedEmail) {
  const content = directContent.safeParse(email.content)
  if (content.success) return content.data
  throw new AppError('invalid_input', 'the email has no content of its own and belongs to no campaign step')
}

async function stepContent(steps: StepCache, email: ClaimedEmail, mailbox: SendingMailbox) {
  const { campaign, lead, stepId } = email
  if (!campaign || !lead || !stepId) {
    throw new AppError('invalid_input', 'its campaign or lead no longer exists')
  }
  const step = toContent(await steps.get(stepId), email.variant)
  const input: RenderInput = {
    step,
    lead,
    mailbox: { fromName: mailbox.displayName, address: mailbox.address },
    seed: campaign.seed,
    zone: campaign.timezone,
    threadSubject: email.thread[0]?.subject ?? undefined,
  }
  const previous = step.quotePrevious ? await previousEmail(steps, email, input) : undefined
  const references = email.thread.map((message) => message.messageId)
  return { ...renderStep({ ...input, previous }), headers: {}, references }
}

// Rendered anew: seed and lead are the same, so it says what was sent.
async function previousEmail(
  steps: StepCache,
  email: ClaimedEmail,
  input: RenderInput,
): Promise<PreviousEmail | undefined> {
  const last = email.thread.at(-1)
  if (!last?.stepId) return undefined
  const step = { ...toContent(await steps.get(last.stepId), last.variant), quotePrevious: false }
  const { text } = renderStep({ ...input, step })
  return { subject: last.subject ?? '', sentAt: last.sentAt, text }
}

function toContent(step: StepText | undefined, variant: number | null): StepContent {
  if (step) return contentOf(step, variant)
  throw new AppError('invalid_input', 'its campaign step no longer exists')
}

function leadName({ lead }: ClaimedEmail): string | undefined {
  const name = [lead?.first_name, lead?.last_name].filter(Boolean).join(' ')
  return name === '' ? undefined : name
}

interface StepCache {
  get(id: string): Promise<StepText | undefined>
}

function createStepCache(db: Db): StepCache {
  const cached = new Map<string, { readAt: number; step: Promise<StepText | undefined> }>()
  return {
    get(id) {
      const known = cached.get(id)
      if (known && performance.now() - known.readAt < stepCacheMs) return known.step
      const step = listStepsById(db, [id]).then((rows) => rows[0])
      cached.set(id, { readAt: performance.now(), step })
      step.catch(() => cached.delete(id))
      return step
    },
  }
}
