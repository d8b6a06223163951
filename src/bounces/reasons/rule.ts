import type { SmtpStage } from '../smtp-stage.ts'
import type { BounceReason } from '../verdict.ts'

/**
 * Wordings that mean one reason. A wording is matched in lower case, with white space made single; `…` stands for up to
 * 80 characters. There is no other syntax, so that no rule can be slow.
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
  const pattern = new RegExp(rule.says.map(compileWording).join('|'), 'i')
  return { reason: rule.reason, stages: rule.stages, pattern }
}

function compileWording(wording: string): string {
  return wording
    .split('…')
    .map((literal) => literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^\\n]{0,80}?')
}
