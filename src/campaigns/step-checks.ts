export interface StepProblem {
  path: (string | number)[]
  message: string
}

/** What the steps of a file owe each other, looked at before their values are known to be sound. */
export function checkSteps(steps: unknown): StepProblem[] {
  if (!Array.isArray(steps)) return []
  const records = steps.map((step: unknown) => (isRecord(step) ? step : undefined))
  return [
    ...records.flatMap((step, at) => (step ? checkContent(step, at) : [])),
    ...records.flatMap((step, at) => (step ? checkPlace(step, at) : [])),
    ...checkIds(records.map((step) => step?.id)),
  ]
}

function checkContent(step: Record<string, unknown>, at: number): StepProblem[] {
  const { variants } = step
  if (!Array.isArray(variants)) return checkTexts(step, ['steps', at], 'this step')
  const beside = ['subject', 'html', 'text', 'template'].find((key) => key in step)
  if (beside !== undefined)
    return [{ path: ['steps', at, beside], message: `${beside} stands beside variants; move it into them` }]
  return variants.flatMap((variant: unknown, nth) =>
    isRecord(variant) ? checkTexts(variant, ['steps', at, 'variants', nth], 'this variant') : [],
  )
}

function checkTexts(
  content: Record<string, unknown>,
  path: StepProblem['path'],
  what: string,
): StepProblem[] {
  const own = ['html', 'text'].filter((key) => key in content)
  if ('template' in content && own[0]) {
    return [{ path: [...path, own[0]], message: `${own[0]} stands beside template; keep one of them` }]
  }
  const isBlank = own.every((key) => String(content[key] ?? '').trim() === '')
  if ('template' in content || !isBlank) return []
  return [{ path, message: `${what} has no content; give it html, text or template` }]
}

function checkPlace(step: Record<string, unknown>, at: number): StepProblem[] {
  const problems: StepProblem[] = []
  if (at === 0) {
    const later = ['delay', 'quote_previous'].filter((key) => step[key] !== undefined && step[key] !== false)
    for (const key of later) {
      problems.push({
        path: ['steps', 0, key],
        message: `the first step has no email before it: remove ${key}`,
      })
    }
    if (!opensThread(step)) problems.push({ path: ['steps', 0], message: 'the first step has no subject' })
  } else if (step.delay === undefined) {
    problems.push({
      path: ['steps', at],
      message: 'this step has no delay; write how long after the one before',
    })
  }
  return problems
}

function opensThread(content: Record<string, unknown>): boolean {
  const { variants } = content
  if (Array.isArray(variants)) return variants.every((variant) => !isRecord(variant) || opensThread(variant))
  return 'template' in content || String(content.subject ?? '').trim() !== ''
}

function checkIds(ids: readonly unknown[]): StepProblem[] {
  return ids.flatMap((id, at) =>
    id !== undefined && ids.indexOf(id) < at
      ? [{ path: ['steps', at, 'id'], message: `"${id}" is already the id of step ${ids.indexOf(id) + 1}` }]
      : [],
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
