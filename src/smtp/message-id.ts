const sesId = /\b([0-9a-f]{16}-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}-\d{6})\b/
const outlookId = /<[^<>\s@]{1,200}@[^<>\s@]{1,200}\.outlook\.com>/i
const sesHost = /^email-smtp(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com$/i

/**
 * The Message-ID that the recipient will see, when the server's reply to the message says that it rewrote ours.
 * `host` is the server's name: Amazon SES puts its region into the ID (`email` stands for us-east-1).
 */
export function parseServerMessageId(
  replyText: string,
  ours: string,
  provider: string,
  host = '',
): string | undefined {
  const theirs = provider === 'ses' ? sesMessageId(replyText, host) : outlookMessageId(replyText)
  return theirs === ours ? undefined : theirs
}

function sesMessageId(replyText: string, host: string): string | undefined {
  const id = sesId.exec(replyText)?.[1]
  const region = sesHost.exec(host)?.[1] ?? 'us-east-1'
  return id ? `<${id}@${region === 'us-east-1' ? 'email' : region}.amazonses.com>` : undefined
}

// Only Microsoft's servers name such an ID, whatever the mailbox is said to be.
function outlookMessageId(replyText: string): string | undefined {
  return outlookId.exec(replyText)?.[0]
}
