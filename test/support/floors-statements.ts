import { listImports, type SourceFile } from './floors-source.ts'

// The formatter puts every top-level statement, and nothing else but the inside of templates, at column 0.
const harmless =
  /^(import|export|const|let|function|async function|class|abstract class|type|interface|declare)\b|^if \(import\.meta\.main\)|^[\s})\]>@/*`]/
const awaits = /^(export )?const .*= \(?await\b/

/** Importing a file does nothing; one that begins with `#!`, or asks for `import.meta.main`, is meant to be run. */
export function checkSideEffects(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => file.path.startsWith('src/') && !file.text.startsWith('#!'))
    .flatMap((file) => [
      ...listImports(file)
        .filter((imported) => imported.clause === '' && file.text.includes(`import '${imported.specifier}'`))
        .map((imported) => `${file.path} imports '${imported.specifier}' for its side effects`),
      ...topLevelLines(file)
        .filter((line) => !harmless.test(line) || awaits.test(line))
        .map((line) => `${file.path} does something when imported: ${line}`),
    ])
}

const operation =
  /^\s+((db|trx|fs)(\.\w|$)|boss\.(?!on\b)|(pool|client|connection)\.(query|connect|end)\b|sql`)/
const continues = /([([,=?:&|>]|\b(await|return|yield))$/

/**
 * A query or file operation whose promise nobody takes. The linter finds calls of our own functions only: it does
 * not know the types of libraries.
 */
export function checkFloatingOperations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const lines = outsideTemplates(file.text)
    return lines
      .filter((line, index) => operation.test(line) && !continues.test(lines[index - 1] ?? ''))
      .map((line) => `${file.path} does not await: ${line.trim()}`)
  })
}

function topLevelLines({ text }: SourceFile): string[] {
  return outsideTemplates(text).filter((line) => line !== '' && !line.startsWith('//'))
}

function outsideTemplates(text: string): string[] {
  let inside = false
  return text.split('\n').filter((line) => {
    const begins = !inside
    if ((line.match(/(?<!\\)`/g) ?? []).length % 2 === 1) inside = !inside
    return begins
  })
}
