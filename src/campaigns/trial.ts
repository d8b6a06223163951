import { AppError } from '../core/errors.ts'
import { type PreviousEmail, type RenderInput, renderStep } from './content.ts'
import type { StepText } from './store.ts'
import { contentsOf } from './variants.ts'

/** Renders the whole sequence for one lead, each variant of each step; what would stop an email of it, in words, or undefined. */
export function findUnrenderable(
  steps: readonly StepText[],
  base: Pick<RenderInput, 'lead' | 'mailbox' | 'seed' | 'zone'>,
  sentAt: Date,
): string | undefined {
  const rounds = Math.max(1, ...steps.map((step) => step.variants.length))
  for (let round = 0; round < rounds; round += 1) {
    const reason = findUnrenderableIn(steps, base, sentAt, round)
    if (reason) return reason
  }
  return undefined
}

function findUnrenderableIn(
  steps: readonly StepText[],
  base: Pick<RenderInput, 'lead' | 'mailbox' | 'seed' | 'zone'>,
  sentAt: Date,
  round: number,
): string | undefined {
  let previous: PreviousEmail | undefined
  for (const step of steps) {
    const contents = contentsOf(step)
    const content = contents[round % contents.length] ?? step
    try {
      const own = renderStep({ ...base, step: { ...content, quotePrevious: false }, previous })
      if (previous && step.quotePrevious) renderStep({ ...base, step: content, previous })
      previous = { subject: previous?.subject ?? own.subject, sentAt, text: own.text }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      return `step ${step.name || step.position}, for ${base.lead.email}: ${error.message}`
    }
  }
  return undefined
}
