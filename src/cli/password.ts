import { promises as fs } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { AppError } from '../core/errors.ts'

/** From a file, from stdin (`-`), or asked for on the terminal; never from an argument, which `ps` shows to everybody. */
export async function readPassword(file: string | undefined, question: string): Promise<string> {
  const password = (await readFrom(file, question)).replace(/\r?\n$/, '')
  if (password === '') throw new AppError('invalid_input', `${question}: it is empty.`)
  if (/\p{Cc}/u.test(password))
    throw new AppError('invalid_input', `${question}: it must be one line without control characters.`)
  return password
}

async function readFrom(file: string | undefined, question: string): Promise<string> {
  if (file === '-') return text(process.stdin)
  if (file !== undefined) return readFile(file)
  if (process.stdin.isTTY) return ask(question)
  throw new AppError(
    'invalid_input',
    `${question}: there is no terminal to ask on. Give --password-file FILE, or - for stdin, or --no-auth.`,
  )
}

async function readFile(file: string): Promise<string> {
  try {
    return await fs.readFile(file, 'utf8')
  } catch (error) {
    throw new AppError('invalid_input', `The password file cannot be read: ${(error as Error).message}.`)
  }
}

/** Echoes nothing. Ctrl-C and Ctrl-D give up. */
async function ask(question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true })
  const givenUp = new AbortController()
  terminal.on('SIGINT', () => givenUp.abort()).on('close', () => givenUp.abort())
  process.stderr.write(`${question}: `)
  try {
    return await terminal.question('', { signal: givenUp.signal })
  } catch (error) {
    throw new AppError('invalid_input', `${question}: none was given.`, { cause: error })
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}
