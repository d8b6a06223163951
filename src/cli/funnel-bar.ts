/** How far the emails of a step came. */
export interface Funnel {
  sent: number
  delivered: number
  opened: number
  clicked: number
  replied: number
}

export const funnelLegend = '█ replied  ▓ clicked  ▒ opened  ░ delivered, of what was sent'

/** One bar for what was sent: █ replied, ▓ clicked besides, ▒ opened besides, ░ delivered besides, blank the rest. */
export function drawFunnel({ sent, delivered, opened, clicked, replied }: Funnel, width = 32): string {
  let bar = ''
  let reached = 0
  for (const [count, mark] of [
    [replied, '█'],
    [clicked, '▓'],
    [opened, '▒'],
    [delivered, '░'],
  ] as const) {
    reached = Math.max(reached, Math.min(count, sent))
    const upTo = sent === 0 ? 0 : Math.round((reached / sent) * width)
    bar += mark.repeat(upTo - bar.length)
  }
  return bar
}
