// Java's old abbreviations (AET, MIT, PNT …) are zones to ICU; to PostgreSQL they are none, or another one.
const shortNames = new Set('UTC GMT UCT CET EET MET WET EST HST MST PRC ROC ROK'.split(' '))

const known = new Map<string, string | undefined>()

/**
 * The zone as the IANA database spells it ("europe/berlin" → "Europe/Berlin"), undefined if there is none.
 * Offsets are refused: PostgreSQL reads the sign of "+02:00" the other way round.
 */
export function findTimeZone(name: string): string | undefined {
  const written = name.trim()
  if (!known.has(written) && known.size < 5_000) known.set(written, lookUp(written))
  return known.get(written) ?? lookUp(written)
}

function lookUp(name: string): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/.test(name)) return undefined
  if ((/^[A-Za-z]{3}$/.test(name) && !shortNames.has(name.toUpperCase())) || /^SystemV\//i.test(name))
    return undefined
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions()
    // The resolved name may be an older alias (Asia/Calcutta): then what was written is the better name.
    return timeZone.toLowerCase() === name.toLowerCase() ? timeZone : name
  } catch {
    return undefined
  }
}
