import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { seededHash } from '../core/seeded.ts'

export const languages = ['en', 'de', 'es'] as const
export type WarmupLanguage = (typeof languages)[number]

/** A conversation: what is written first, and three answers; `{a|b}` is a choice, `[to]` and `[from]` are first names. */
const conversation = z.strictObject({ subject: z.string(), messages: z.array(z.string()).length(4) })
type Conversation = z.infer<typeof conversation>

export interface WarmupText {
  subject: string
  text: string
}

/** First names of the one who began the conversation, and of the other. */
export interface WarmupNames {
  from: string
  to: string
}

const folder = path.join(import.meta.dirname, '../../content/warmup')
const loaded = new Map<WarmupLanguage, Conversation[]>()

export function conversationsIn(language: WarmupLanguage): Conversation[] {
  const known = loaded.get(language)
  if (known) return known
  const file = path.join(folder, `${language}.json`)
  const read = z.array(conversation).parse(JSON.parse(readFileSync(file, 'utf8')))
  loaded.set(language, read)
  return read
}

/**
 * The `nth` conversation of a pair (0 for its first), as its message of `depth` 1 to 4 says it. Two conversations of a pair
 * never begin with the same text, until all conversations in all their wordings are used up.
 */
export function writeMessage(
  language: WarmupLanguage,
  pair: string,
  nth: number,
  depth: number,
  names: WarmupNames,
): WarmupText {
  const all = conversationsIn(language)
  const offset = seededHash(0, pair)
  const chosen = all[(offset + nth) % all.length]
  const message = chosen?.messages[depth - 1]
  if (!chosen || message === undefined) throw new Error(`a conversation has no message ${depth}`)
  // The same conversation comes round again after all others have, in other words.
  const turn = offset + Math.floor(nth / all.length)
  const text = wording(message, turn).replaceAll('[from]', names.from).replaceAll('[to]', names.to)
  return { subject: wording(chosen.subject, turn), text: `${text}\n` }
}

const choice = /\{([^{}]*)\}/g

/** How many different texts it can become. */
export function countWordings(text: string): number {
  return [...text.matchAll(choice)].reduce(
    (product, [, options = '']) => product * options.split('|').length,
    1,
  )
}

// Successive numbers differ in many places: the step has no divisor in common with the count.
function wording(text: string, number: number): string {
  const count = countWordings(text)
  let rest = ((number % count) * strideOf(count)) % count
  return text.replace(choice, (_, options: string) => {
    const words = options.split('|')
    const word = words[rest % words.length] ?? ''
    rest = Math.floor(rest / words.length)
    return word
  })
}

function strideOf(count: number): number {
  let stride = Math.max(1, Math.floor(count * 0.618))
  while (divisor(stride, count) > 1) stride += 1
  return stride
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))
