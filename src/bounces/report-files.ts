import { open, opendir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { AppError } from '../core/errors.ts'
import { maxMessageBytes } from '../mime/read-mail.ts'
import { parseReport } from './parse-report.ts'
import { classifyReplyLine } from './reasons/classify.ts'
import type { BounceReason, ReportVerdict } from './verdict.ts'

export interface ParsedFile extends ReportVerdict {
  file: string
}

/** Verdicts of message files, in order; a directory stands for all files below it, by name. Throws AppError where a path cannot be read. */
export async function* parseReportFiles(paths: readonly string[]): AsyncGenerator<ParsedFile> {
  for (const path of paths)
    for (const file of await filesAt(path)) yield { file, ...parseReport(await readAt(file)) }
}

async function filesAt(path: string): Promise<string[]> {
  const entry = await stat(path).catch((cause) => unreadable(path, cause))
  if (!entry.isDirectory()) return [path]
  const files: string[] = []
  for await (const child of await opendir(path, { recursive: true }))
    if (child.isFile()) files.push(join(child.parentPath, child.name))
  return files.sort()
}

/** No more of a file than is looked at, and one byte that says that there is more. */
async function readAt(file: string): Promise<Buffer> {
  const handle = await open(file).catch((cause) => unreadable(file, cause))
  try {
    const parts: Buffer[] = []
    // A pipe has no size, and its end comes when it comes.
    for await (const part of handle.createReadStream({ end: maxMessageBytes, autoClose: false }))
      parts.push(part)
    return Buffer.concat(parts)
  } finally {
    await handle.close()
  }
}

function unreadable(path: string, cause: unknown): never {
  throw new AppError(
    'invalid_input',
    `"${path}" cannot be read: ${cause instanceof Error ? cause.message : cause}.`,
    {
      cause,
    },
  )
}

const replyLine = z.object({ id: z.union([z.string(), z.number()]), line: z.string() })

export interface ClassifiedLine {
  id: string | number
  reason: BounceReason
}

/** JSON lines `{id, line}` to `{id, reason}`, in order. Throws AppError at the first that is no such line. */
export async function* classifyReplyLines(input: NodeJS.ReadableStream): AsyncGenerator<ClassifiedLine> {
  let number = 0
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1
    if (text.trim() === '') continue
    const parsed = replyLine.safeParse(jsonOf(text))
    if (!parsed.success) throw new AppError('invalid_input', `Line ${number} is not {"id", "line"}.`)
    yield { id: parsed.data.id, reason: classifyReplyLine(parsed.data.line) }
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON: the schema refuses it, with the number of the line.
    return undefined
  }
}
