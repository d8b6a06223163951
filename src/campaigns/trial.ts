import { AppError } from '../core/errors.ts'
import { type PreviousEmail, type RenderInput, renderStep } from './content.ts'
import type { StepText } from './store.ts'

/** Renders the whole sequence for one lead; what would stop an email of it, in words, or undefined. */
export function findUnrenderable(
  steps: readonly StepText[],
  base: Pick<RenderInput, 'lead' | 'mailbox' | 'seed' | 'zone'>,
  sentAt: Date,
): string | undefined {
  let previous: PreviousEmail | undefined
  for (const step of steps) {
    try {
      const own = renderStep({ ...base, step: { ...step, quotePrevious: false }, previous })
      if (previous && step.quotePrevious) renderStep({ ...base, step, previous })
      previous = { subject: previous?.subject ?? own.subject, sentAt, text: own.text }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      return `step ${step.name || step.position}, for ${base.lead.email}: ${error.message}`
    }
  }
  return undefined
}
