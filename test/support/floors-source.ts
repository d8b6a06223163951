import { promises as fs } from 'node:fs'
import path from 'node:path'

/** A file of the repository; `path` is relative to its root, with forward slashes. */
export interface SourceFile {
  path: string
  text: string
}

export interface Import {
  /** As written: `../core/ids.ts`, `pg`, `node:fs`. */
  specifier: string
  typeOnly: boolean
  /** The imported names as written; empty for `import 'x'` and `import('x')`. */
  clause: string
}

const root = path.join(import.meta.dirname, '../..')
const folders = ['src', 'workers', 'bench', 'migrations', 'test']

/** Every TypeScript file of the repository. */
export async function readSources(): Promise<SourceFile[]> {
  const found = await Promise.all(folders.map(listFiles))
  return Promise.all(found.flat().map(readSource))
}

async function readSource(file: string): Promise<SourceFile> {
  return { path: file, text: await fs.readFile(path.join(root, file), 'utf8') }
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await fs.readdir(path.join(root, folder), { recursive: true }).catch(() => [])
  return entries.filter((entry) => entry.endsWith('.ts')).map((entry) => path.posix.join(folder, entry))
}

const statement =
  /^(?:import|export)\s+(?<type>type\s+)?(?:(?<clause>[\w*{][^'"`;]*?)\s+from\s+)?'(?<specifier>[^']+)'/gm
const dynamic = /\bimport\(\s*'(?<specifier>[^']+)'\s*\)/g

export function listImports({ text }: SourceFile): Import[] {
  const fixed = text.matchAll(statement).map(({ groups = {} }) => ({
    specifier: groups.specifier ?? '',
    typeOnly: groups.type !== undefined,
    clause: groups.clause ?? '',
  }))
  const late = text.matchAll(dynamic).map(({ groups = {} }) => ({
    specifier: groups.specifier ?? '',
    typeOnly: false,
    clause: '',
  }))
  return [...fixed, ...late]
}

/** The path that a relative import leads to; undefined for a library. */
export function resolveImport(file: SourceFile, { specifier }: Import): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  return path.posix.join(path.posix.dirname(file.path), specifier)
}

/** The library's name: `nodemailer` for `nodemailer/lib/x`; undefined for files and for Node's own modules. */
export function libraryOf({ specifier }: Import): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** The room of src that the file stands in, undefined outside src. */
export function roomOf(file: string): string | undefined {
  return /^src\/([^/]+)\//.exec(file)?.[1]
}
