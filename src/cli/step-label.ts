interface ReportedStep {
  position: number | null
  name: string | null
  variant: string | null
}

/** `2 follow-up`, or `2 follow-up · B` for a variant of it. */
export function stepLabel({ position, name, variant }: ReportedStep): string {
  if (position === null) return 'removed'
  const step = `${position} ${name ?? ''}`.trimEnd()
  return variant === null ? step : `${step} · ${variant}`
}
