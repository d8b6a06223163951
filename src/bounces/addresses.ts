const maxAddressChars = 320
const localChar = /[^\s<>()@,;:"[\]\\|]/
const domainChar = /[^\s<>()@,;:"'[\]\\|/?!=*`{}]/

export interface FoundAddress {
  address: string
  start: number
  end: number
}

/** Mail addresses in a line, left to right, by looking around each `@`: linear in the length of the line, at most `limit`. */
export function findAddresses(line: string, limit = 100): FoundAddress[] {
  const found: FoundAddress[] = []
  for (let at = line.indexOf('@'); at >= 0 && found.length < limit; at = line.indexOf('@', at + 1)) {
    const address = addressAround(line, at, found.at(-1)?.end ?? 0)
    if (address) found.push(address)
  }
  return found
}

function addressAround(line: string, at: number, floor: number): FoundAddress | undefined {
  let start = quotedLocalStart(line, at) ?? at
  while (start > floor && at - start < 128 && localChar.test(line.charAt(start - 1))) start -= 1
  let end = at + 1
  while (end < line.length && end - at < 255 && domainChar.test(line.charAt(end))) end += 1
  const domain = line.slice(at + 1, end).replace(/[.-]{1,10}$/, '')
  const local = line.slice(start, at).replace(/^['*]{1,3}/, '')
  if (local === '' || domain === '' || domain.startsWith('.')) return undefined
  return {
    address: `${local}@${domain}`.toLowerCase(),
    start: at - local.length,
    end: at + 1 + domain.length,
  }
}

/** `"john..doe"@example.org`: quotes stand directly before the `@`. */
function quotedLocalStart(line: string, at: number): number | undefined {
  if (line.charAt(at - 1) !== '"') return undefined
  const open = line.lastIndexOf('"', at - 2)
  return open >= 0 && at - open < 70 ? open : undefined
}

/** The address of a field such as `rfc822; <a@b>`, `utf-8;a@b` or `"A" <@relay:a@b>`; undefined when it holds none. */
export function addressOfField(value: string): string | undefined {
  const text = value.slice(0, maxLineOfField).replace(/^\s{0,20}[a-z0-9-]{1,20}\s{0,5};\s{0,20}/i, '')
  const bracketed = /<([^<>]{1,400})>/.exec(text)?.[1]
  const found = findAddresses(bracketed ?? text).at(-1) ?? findAddresses(text).at(-1)
  return found && found.address.length <= maxAddressChars ? found.address : undefined
}

const maxLineOfField = 1_000

/** A mailbox name without a domain in a recipient field (`rfc822; kai`), for reports of local delivery. */
export function bareRecipient(value: string): string | undefined {
  const text = value.replace(/^\s{0,20}[a-z0-9-]{1,20}\s{0,5};\s{0,20}/i, '').trim()
  return /^[\w.+-]{1,64}$/.test(text) ? text.toLowerCase() : undefined
}

const daemonLocal =
  /^(?:mailer-?daemon|postmaster|mail-?daemon|post_?master|mdaemon|mail[._]?delivery[._]?(?:system|subsystem))$/i

/** The names that mail systems send reports from. */
export function isDaemon(address: string): boolean {
  return daemonLocal.test(address.split('@')[0] ?? '')
}
