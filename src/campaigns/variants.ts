import { AppError } from '../core/errors.ts'
import { seededFraction } from '../core/seeded.ts'
import type { StepContent } from './content.ts'

/** One of the ways in which a step says the same. */
export interface StepVariant {
  /** Its share of the leads is this of the sum. */
  weight: number
  subject: string
  html: string | null
  text: string | null
}

export interface StepWithVariants extends StepContent {
  /** Empty: it has one content, its own. */
  variants: readonly StepVariant[]
}

/** Which variant of a step a lead gets, from 1, as the weights want it; null: the step has none. The same lead always gets the same. */
export function chooseVariant(
  weights: readonly number[],
  { seed, leadId, stepId }: { seed: number; leadId: string; stepId: string },
): number | null {
  if (weights.length === 0) return null
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let left = seededFraction(seed, 'variant', stepId, leadId) * total
  const at = weights.findIndex((weight) => {
    left -= weight
    return left < 0
  })
  return at + 1
}

/** What a step says in this variant. Throws AppError `invalid_input` when it does not exist. */
export function contentOf(step: StepWithVariants, variant: number | null): StepContent {
  if (variant === null && step.variants.length === 0) return step
  const chosen = step.variants[(variant ?? 0) - 1]
  if (chosen) return { ...step, subject: chosen.subject, html: chosen.html, text: chosen.text }
  throw new AppError('invalid_input', `its campaign step no longer has the variant ${variantName(variant)}`)
}

/** All that a step may say: each of its variants, or its one content. */
export function contentsOf(step: StepWithVariants): StepContent[] {
  return step.variants.length === 0 ? [step] : step.variants.map((_, at) => contentOf(step, at + 1))
}

/** A, B, C …; empty for none. */
export function variantName(variant: number | null): string {
  return variant === null ? '' : String.fromCharCode(64 + variant)
}
