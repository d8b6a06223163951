import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { eventually } from './eventually.ts'
import { imapSession } from './imap.ts'

const dovecot = '/usr/sbin/dovecot'

/** Whether it can be run here: it is installed, and we are root. */
export const hasDovecot = existsSync(dovecot) && process.getuid?.() === 0
export const dovecotTitle = hasDovecot
  ? 'Dovecot'
  : `Dovecot (not run: ${dovecot} is not installed, or we are not root)`

interface DovecotFolder {
  name: string
  use: string
  /** Made for everybody; else only who makes it has it, and then with its use. */
  auto: boolean
}

const usual: readonly DovecotFolder[] = [
  { name: 'Junk', use: '\\Junk', auto: true },
  { name: 'Sent', use: '\\Sent', auto: true },
]

/** A Dovecot of its own, with folders by their special use, Junk and Sent if left out; every login name is a mailbox. */
export async function startDovecot(folders: readonly DovecotFolder[] = usual) {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'dovecot-'))
  const port = await freePort()
  await mkdir(path.join(directory, 'mail'))
  // Dovecot keeps mail as `nobody`.
  await chmod(directory, 0o755)
  await chmod(path.join(directory, 'mail'), 0o777)
  const file = path.join(directory, 'dovecot.conf')
  await writeFile(file, configuration(directory, port, folders))
  const server = spawn(dovecot, ['-F', '-c', file], { stdio: 'ignore' })
  const door = { host: '127.0.0.1', port, username: 'start', password: 'lab-password' }
  await eventually(() => imapSession(door, async () => true))
  return {
    door,
    /** Where the mail of everybody lies, a Maildir each. */
    maildirs: path.join(directory, 'mail'),
    async close() {
      server.kill()
      await once(server, 'exit')
      await rm(directory, { recursive: true })
    },
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  return port
}

const configuration = (directory: string, port: number, folders: readonly DovecotFolder[]) => `
base_dir = ${directory}/run
log_path = ${directory}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 1
mail_location = maildir:${directory}/mail/%u
service imap-login {
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
passdb {
  driver = static
  args = password=lab-password
}
userdb {
  driver = static
  args = allow_all_users=yes home=${directory}/mail/%u
}
namespace inbox {
  inbox = yes
${folders.map(({ name, use, auto }) => `  mailbox "${name}" {\n    special_use = ${use}\n    auto = ${auto ? 'create' : 'no'}\n  }\n`).join('')}}
`
