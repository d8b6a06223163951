import type { SmtpStage } from '../smtp-stage.ts'
import type { BounceReason } from '../verdict.ts'

/**
 * Wordings that mean one reason. A wording is matched in lower case, with white space made single, and begins at the
 * beginning of a word. `…` stands for up to 80 characters, `‥` for up to 25, `{a|b}` for either word. There is no other
 * syntax: nothing repeats without a bound, so that no rule can be slow.
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

const gaps: Record<string, string> = { '…': '[^\\n]{0,80}?', '‥': '[^\\n]{0,25}?' }

function compileWording(wording: string): string {
  const start = /^[a-z0-9{]/.test(wording) ? '\\b' : ''
  const body = wording.split(/([…‥]|\{[^{}]*\})/).map((piece) => gaps[piece] ?? compilePiece(piece))
  return start + body.join('')
}

function compilePiece(piece: string): string {
  const either = /^\{(.*)\}$/.exec(piece)?.[1]
  if (either === undefined) return literal(piece)
  return `(?:${either.split('|').map(wordStart).join('|')})`
}

/** `{locked|closed}` after a gap is not the end of "blocked". */
function wordStart(text: string): string {
  return /^[a-z0-9]/.test(text) ? `\\b${literal(text)}` : literal(text)
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
