const secretNames = [
  'password',
  'pass',
  'secret',
  'token',
  'authorization',
  'sealed',
  'credential',
  'connectionString',
  'databaseUrl',
]
const nestings = ['', '*.', '*.*.', '*.*.*.']

/** The paths that pino hides: every secret name, down to three levels below the line. */
export const secretPaths: string[] = secretNames.flatMap((name) => nestings.map((above) => `${above}${name}`))

const passwordInUrl = /(:\/\/[^\s:/@"']*):[^\s/"']+@/g
const passwordInConnectionString = /\b((?:ssl)?password)=[^\s&"']+/gi
// A local part of more than 64 characters is no address (RFC 5321, 4.5.3.1.1); the bound keeps the search linear.
const address = /[^\s@"'<>()[\],:;\\/]{1,64}@((?:[\p{L}\p{N}-]+\.)+\p{L}[\p{L}\p{N}-]+)/gu

/** The text without the passwords of the URLs and connection strings in it. */
export function hidePasswords(text: string): string {
  return text.replace(passwordInUrl, '$1:[hidden]@').replace(passwordInConnectionString, '$1=[hidden]')
}

/** The text with only the domains of the email addresses in it. */
export function hideAddresses(text: string): string {
  return text.replace(address, '[hidden]@$1')
}
