import os from 'node:os'

/** Who runs this command, for what is noted of it. */
export function accountName(): string {
  try {
    return os.userInfo().username
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}` // a container may run an id that has no name
  }
}
