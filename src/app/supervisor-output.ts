import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

export interface LineWriter {
  /** Copies a process's lines until it ends; `name` precedes each on a terminal. */
  copy(name: string, from: Readable): void
}

// A reader that stops reading must not stop the fleet: a child that cannot write its log line stands still.
const mostWaitingBytes = 8 * 1024 * 1024
const colours = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94]

/**
 * Joins the output of several processes line by line. On a terminal each line gets its process's name and colour;
 * elsewhere it stays as it was written, so that JSON stays JSON (and names its process itself).
 */
export function createLineWriter(
  output: NodeJS.WritableStream & { isTTY?: boolean },
  names: readonly string[],
): LineWriter {
  const width = Math.max(...names.map((name) => name.length))
  let leftOut = 0
  const write = (line: string) => {
    if (waitingBytes(output) > mostWaitingBytes) {
      leftOut += 1
      return
    }
    if (leftOut > 0) output.write(`(${leftOut} lines left out: nobody read them)\n`)
    leftOut = 0
    output.write(`${line}\n`)
  }
  return {
    copy: (name, from) => {
      const prefix = output.isTTY ? colourPrefix(name.padEnd(width), names.indexOf(name)) : ''
      createInterface({ input: from, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) =>
        write(prefix + line),
      )
    },
  }
}

function waitingBytes(output: NodeJS.WritableStream): number {
  return (output as NodeJS.WritableStream & { writableLength?: number }).writableLength ?? 0
}

function colourPrefix(label: string, index: number): string {
  return `\u001b[${colours[index % colours.length]}m${label} |\u001b[0m `
}
