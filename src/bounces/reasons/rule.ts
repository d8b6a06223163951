import type { SmtpStage } from '../smtp-stage.ts'
import type { BounceReason } from '../verdict.ts'

/**
 * Wordings that mean one reason. A wording is matched in lower case, with white space made single; `…` stands for up to
 * 80 characters; it begins at the beginning of a word. There is no other syntax, so that no rule can be slow.
 */
export interface ReasonRule {
  reason: BounceReason
  /** Only when this command was refused. */
  stages?: readonly SmtpStage[]
  says: readonly string[]
}

export interface CompiledRule {
  reason: BounceReason
  stages: readonly SmtpStage[] | undefined
  pattern: RegExp
}

export function compileRule(rule: ReasonRule): CompiledRule {
  // Both sides are lower case: a third faster than a pattern that ignores case.
  const pattern = new RegExp(rule.says.map((wording) => compileWording(wording.toLowerCase())).join('|'))
  return { reason: rule.reason, stages: rule.stages, pattern }
}

function compileWording(wording: string): string {
  const start = /^[a-z0-9]/.test(wording) ? '\\b' : ''
  const body = wording
    .split('…')
    .map((literal) => literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^\\n]{0,80}?')
  return start + body
}
