const maxAddressLength = 254
const maxLocalLength = 64
// RFC 5321 section 4.1.2: dot-string local part, domain of letters, digits and hyphens. No quoted local parts:
// providers refuse them, and in lists they are typing errors.
const localPart = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i
const domainLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i

export type AddressVerdict = { ok: true; address: string } | { ok: false; reason: string }

/** The address as it is stored and compared: trimmed, lower case, IDN domain in its ASCII form. */
export function normaliseAddress(input: string): AddressVerdict {
  const trimmed = input.trim()
  const at = trimmed.lastIndexOf('@')
  if (trimmed === '') return { ok: false, reason: 'the address is empty' }
  if (at < 1 || at === trimmed.length - 1)
    return { ok: false, reason: `"${clip(trimmed)}" is not name@domain` }
  const local = trimmed.slice(0, at)
  const domain = toAsciiDomain(trimmed.slice(at + 1))
  if (!localPart.test(local)) return { ok: false, reason: `"${clip(local)}" cannot stand before the @` }
  if (local.length > maxLocalLength)
    return { ok: false, reason: `more than ${maxLocalLength} characters before the @` }
  if (!domain) return { ok: false, reason: `"${clip(trimmed.slice(at + 1))}" is not a domain name` }
  const address = `${local}@${domain}`.toLowerCase()
  if (address.length > maxAddressLength)
    return { ok: false, reason: `longer than ${maxAddressLength} characters` }
  return { ok: true, address }
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase()
}

function toAsciiDomain(input: string): string | undefined {
  if (/[\s:/?#[\]@\\%]/.test(input)) return undefined
  const url = URL.parse(`http://${input}`)
  const domain = url?.hostname
  if (!domain || /^[\d.]+$/.test(domain)) return undefined
  const labels = domain.split('.')
  return labels.length > 1 && labels.every((label) => domainLabel.test(label)) ? domain : undefined
}

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
