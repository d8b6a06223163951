import path from 'node:path'
import { doors, edges, emptyNames, floors, longestWorkerLines } from './floors-plan.ts'
import {
  type Import,
  libraryOf,
  listImports,
  resolveImport,
  roomOf,
  type SourceFile,
} from './floors-source.ts'

// Each check takes the files of a repository and returns one sentence for each breach of the house plan.

export function checkFloors(files: readonly SourceFile[]): string[] {
  return eachImport(files, (file, imported) => {
    const from = roomOf(file.path)
    const target = resolveImport(file, imported)
    if (!from || !target) return undefined
    const to = roomOf(target)
    if (!to) return target === 'package.json' ? undefined : `${file.path} imports ${target}, outside src`
    if (floorOf(from) === -1) return `${file.path} stands in the room "${from}", which the plan does not have`
    if (from === to || (edges.includes(from) && edges.includes(to))) return undefined
    if (floorOf(to) < floorOf(from)) return undefined
    const direction = floorOf(to) === floorOf(from) ? 'sideways' : 'upwards'
    return `${file.path} imports ${direction}: ${target}`
  })
}

function floorOf(room: string): number {
  return floors.findIndex((rooms) => rooms.includes(room))
}

export function checkCycles(files: readonly SourceFile[]): string[] {
  const targets = new Map(files.map((file) => [file.path, listTargets(file)]))
  const state = new Map<string, 'open' | 'closed'>()
  const cycles: string[] = []
  const visit = (file: string, trail: string[]): void => {
    if (state.get(file) === 'open') cycles.push([...trail.slice(trail.indexOf(file)), file].join(' → '))
    if (state.has(file)) return
    state.set(file, 'open')
    for (const target of targets.get(file) ?? []) visit(target, [...trail, file])
    state.set(file, 'closed')
  }
  for (const file of targets.keys()) visit(file, [])
  return cycles
}

function listTargets(file: SourceFile): string[] {
  return listImports(file).flatMap((imported) => resolveImport(file, imported) ?? [])
}

export function checkDoors(files: readonly SourceFile[]): string[] {
  return eachImport(files, (file, imported) => {
    const room = roomOf(file.path)
    const library = libraryOf(imported)
    if (!room || !library) return undefined
    const door = doors[library]
    if (!door) return `${file.path} imports ${library}, which has no door in the plan`
    if (door === 'anywhere' || door.rooms.includes(room)) return undefined
    if (door.typesAnywhere && imported.typeOnly) return undefined
    return `${file.path} imports ${library}, whose door is src/${door.rooms[0]}`
  })
}

/** In features, jobs and edges, raw sql stands in stores. */
export function checkRawSql(files: readonly SourceFile[]): string[] {
  return eachImport(files, (file, imported) => {
    const room = roomOf(file.path)
    if (!room || floorOf(room) < floorOf('campaigns') || ['lab', 'app'].includes(room)) return undefined
    if (imported.specifier !== 'kysely' || !/\bsql\b/.test(imported.clause)) return undefined
    return /(^|[/-])store\.ts$/.test(file.path) ? undefined : `${file.path} uses raw sql but is not a store`
  })
}

export function checkMigrations(files: readonly SourceFile[]): string[] {
  return eachImport(files, (file, imported) =>
    file.path.startsWith('migrations/') && imported.specifier.startsWith('.')
      ? `${file.path} imports ${imported.specifier}: a migration is frozen, what it imports is not`
      : undefined,
  )
}

/** Workers wire a process together and know src/app only. */
export function checkWorkers(files: readonly SourceFile[]): string[] {
  const workers = files.filter((file) => file.path.startsWith('workers/'))
  const long = workers.filter(({ text }) => text.trimEnd().split('\n').length > longestWorkerLines)
  const strange = eachImport(workers, (file, imported) => {
    const target = resolveImport(file, imported)
    return target && roomOf(target) !== 'app' ? `${file.path} imports ${target}, not from src/app` : undefined
  })
  return [...long.map((file) => `${file.path} has more than ${longestWorkerLines} lines`), ...strange]
}

export function checkEnvironment(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => /^(src|workers|migrations)\//.test(file.path) && roomOf(file.path) !== 'app')
    .filter((file) => /\bprocess\s*\.\s*env\b|\benv\b.*from 'node:process'/.test(file.text))
    .map((file) => `${file.path} reads the environment; only src/app does`)
}

export function checkNames(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const name = path.basename(file.path, '.ts').replace(/\.(test|config)$/, '')
    if (emptyNames.test(name)) return [`${file.path}: "${name}" does not say what is in it`]
    const pattern = file.path.startsWith('migrations/')
      ? /^\d{4}_[a-z0-9]+(_[a-z0-9]+)*$/
      : /^[a-z0-9]+(-[a-z0-9]+)*$/
    return pattern.test(name) ? [] : [`${file.path} is not kebab-case`]
  })
}

function eachImport(
  files: readonly SourceFile[],
  check: (file: SourceFile, imported: Import) => string | undefined,
): string[] {
  return files.flatMap((file) => listImports(file).flatMap((imported) => check(file, imported) ?? []))
}
