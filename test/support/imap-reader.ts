import { readFolder } from '../../src/imap/read-folder.ts'
import { always, imapSession } from './imap.ts'

export interface MessageCost {
  bytes: number
  /** The most that memory (RSS) stood above where it was before. */
  grownBy: number
}

// Reads the INBOX at a port of this machine, and says how much memory each message cost on top of what there was.
const [port, username = '', password = ''] = process.argv.slice(2)
const door = { host: '127.0.0.1', port: Number(port), username, password }

const costs = await imapSession(door, async (session) => {
  const all: MessageCost[] = []
  for await (const message of await readFolder(session, 'INBOX', undefined, always)) {
    const start = process.memoryUsage().rss
    let peak = start
    let bytes = 0
    for await (const chunk of message.open()) {
      bytes += chunk.length
      peak = Math.max(peak, process.memoryUsage().rss)
    }
    all.push({ bytes, grownBy: peak - start })
  }
  return all
})
console.log(JSON.stringify(costs))
