const units: readonly [string, number][] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
]

/** 4 s, 3 min, 2 h, 5 d: the largest unit that fits. */
export function describeSpan(seconds: number): string {
  for (const [unit, length] of units) if (seconds >= length) return `${Math.floor(seconds / length)} ${unit}`
  return `${Math.max(0, Math.round(seconds))} s`
}
