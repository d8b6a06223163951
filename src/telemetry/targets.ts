import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'

export interface Target {
  /** Where the process listens; every interface is listed under the name of this host. */
  host: string
  port: number
  process: string
  pid: number
}

export interface Registration {
  /** Takes the process out of the target file. */
  remove(): Promise<void>
}

/**
 * Lists a process in a Prometheus `file_sd` file (https://prometheus.io/docs/prometheus/latest/configuration, file_sd_config).
 * Each process keeps an entry of its own in a directory beside the file; whoever comes or goes renders the file anew
 * from the entries and leaves out the processes of this host that died without a word.
 */
export async function registerTarget(targetsFile: string, target: Target): Promise<Registration> {
  const entries = entriesOf(targetsFile)
  const entry = path.join(entries, entryName(target))
  await mkdir(entries, { recursive: true })
  await replaceFile(entry, JSON.stringify(render(target)))
  await renderTargets(targetsFile)
  return {
    remove: async () => {
      await rm(entry, { force: true })
      await renderTargets(targetsFile)
    },
  }
}

// No lock, so none to be left behind by a crash: a process that renders from an old listing sees the difference when it
// lists again after its own rename, and renders once more. The last rename is always followed by such a look.
async function renderTargets(targetsFile: string): Promise<void> {
  let listed = await listEntries(targetsFile)
  let rendered: string
  do {
    rendered = listed
    await replaceFile(targetsFile, `[\n${rendered}\n]\n`)
    listed = await listEntries(targetsFile)
  } while (listed !== rendered)
}

async function listEntries(targetsFile: string): Promise<string> {
  const entries = entriesOf(targetsFile)
  const names = (await readdir(entries)).filter((name) => name.endsWith('.json')).sort()
  const texts = await Promise.all(names.map((name) => readEntry(path.join(entries, name))))
  return texts.filter((text) => text !== undefined).join(',\n')
}

/** Undefined when the entry's process is gone. */
async function readEntry(entry: string): Promise<string | undefined> {
  const { host, pid } = readEntryName(path.basename(entry))
  if (host === hostname() && !isAlive(pid)) {
    await rm(entry, { force: true })
    return undefined
  }
  return readFile(entry, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

function render({ host, port, process: name, pid }: Target) {
  const called = host === '0.0.0.0' || host === '::' ? hostname() : host
  const address = called.includes(':') ? `[${called}]:${port}` : `${called}:${port}`
  return { targets: [address], labels: { job: 'rookery', process: name, pid: `${pid}` } }
}

function entriesOf(targetsFile: string): string {
  return `${targetsFile}.d`
}

function entryName({ pid }: Target): string {
  return `${hostname()}-${pid}.json`
}

function readEntryName(name: string): { host: string; pid: number } {
  const dash = name.lastIndexOf('-')
  return { host: name.slice(0, dash), pid: Number.parseInt(name.slice(dash + 1), 10) }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

let replacements = 0

/** Readers see the old content or the new one, never a part. */
async function replaceFile(file: string, content: string): Promise<void> {
  replacements += 1
  const draft = `${file}.${process.pid}.${replacements}.draft`
  await writeFile(draft, content)
  await rename(draft, file)
}
