import { normaliseAddress } from '../core/email-address.ts'

/** Whether it is one address and nothing else. Nodemailer parses what it is given: a list there is a second recipient. */
export function isPlainAddress(address: string): boolean {
  const verdict = normaliseAddress(address)
  return verdict.ok && verdict.address === address.toLowerCase()
}
