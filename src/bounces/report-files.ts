import { readdir, readFile, stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { parseReport } from './parse-report.ts'
import { classifyReason } from './reasons/classify.ts'
import { replyCodesOf } from './reply-codes.ts'
import type { BounceReason, ReportVerdict } from './verdict.ts'

export interface ParsedFile extends ReportVerdict {
  file: string
}

/** Verdicts of message files, in order; a directory stands for its files by name. Throws where a path cannot be read. */
export async function* parseReportFiles(paths: readonly string[]): AsyncGenerator<ParsedFile> {
  for (const path of paths) {
    const files = (await stat(path)).isDirectory() ? await filesIn(path) : [path]
    for (const file of files) yield { file, ...parseReport(await readFile(file)) }
  }
}

async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
  return names.sort().map((name) => `${directory.replace(/\/$/, '')}/${name}`)
}

/** The reason of one SMTP reply, as a server wrote it. */
export function classifyReplyLine(line: string): BounceReason {
  return classifyReason({ text: line, ...replyCodesOf(line) })
}

const replyLine = z.object({ id: z.union([z.string(), z.number()]), line: z.string() })

/** JSON lines `{id, line}` to `{id, reason}`; what is no such line is left out. */
export async function* classifyReplyLines(input: NodeJS.ReadableStream): AsyncGenerator<{ id: string | number; reason: BounceReason }> {
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    const parsed = replyLine.safeParse(jsonOf(text))
    if (parsed.success) yield { id: parsed.data.id, reason: classifyReplyLine(parsed.data.line) }
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

