import { chownSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'

let delivered = 0

/** Puts a message into a folder of a Maildir, as a mail delivery agent does; the folder has to be there. `folder` is in modified UTF-7. */
export function deliverToMaildir(maildir: string, folder: string, message: Buffer): void {
  const place = folder === 'INBOX' ? maildir : path.join(maildir, `.${folder}`)
  const { uid, gid } = statSync(place)
  delivered += 1
  const name = `${Math.floor(Date.now() / 1000)}.M${delivered}P${process.pid}.lab`
  const [written, arrived] = [path.join(place, 'tmp', name), path.join(place, 'new', name)]
  mkdirSync(path.dirname(written), { recursive: true })
  writeFileSync(written, message)
  chownSync(written, uid, gid)
  renameSync(written, arrived)
}
