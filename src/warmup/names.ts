/** How somebody is greeted: the first name of the mailbox's display name, else what its address begins with. */
export function firstNameOf({ displayName, address }: { displayName: string; address: string }): string {
  const [first = ''] = displayName.trim().split(/\s+/)
  if (/^\p{L}[\p{L}'-]*$/u.test(first)) return first
  const word = /^[a-z]+/.exec(address)?.[0] ?? 'friend'
  return word.charAt(0).toUpperCase() + word.slice(1)
}
