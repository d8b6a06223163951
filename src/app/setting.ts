import type { KeyObject } from 'node:crypto'
import { z } from 'zod'
import { parseMasterKey } from '../secrets/master-key.ts'

/** One environment variable: how its text is read, and what it must look like. */
export interface Setting<T> {
  variable: string
  /** Ends the sentence "VARIABLE must be …". */
  expects: string
  schema: z.ZodType<T, string>
  /** As it would be written in the environment; undefined: the variable may be absent. */
  fallback: string | undefined
  /** A secret is never repeated in an error. */
  secret: boolean
}

export function wholeNumber(variable: string, fallback: number, min: number, max: number): Setting<number> {
  const schema = z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(min).max(max))
  return {
    variable,
    expects: `a whole number from ${min} to ${max}`,
    schema,
    fallback: `${fallback}`,
    secret: false,
  }
}

export function share(variable: string, fallback: number): Setting<number> {
  const schema = z
    .string()
    .regex(/^\d*\.?\d+$/)
    .transform(Number)
    .pipe(z.number().gt(0).max(1))
  return { variable, expects: 'a share above 0, at most 1', schema, fallback: `${fallback}`, secret: false }
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Spans such as `90s`, `10m`, `6h`, `2d`, each longer than the one before; read as seconds. */
export function growingSpans(variable: string, fallback: string): Setting<readonly number[]> {
  const schema = z
    .string()
    .regex(/^\d{1,6}[smhd](\s*,\s*\d{1,6}[smhd])*$/)
    .transform((value) => value.split(',').map((span) => span.trim()))
    .transform((spans) => spans.map((span) => Number.parseInt(span, 10) * (unitSeconds[span.slice(-1)] ?? 1)))
    .refine((spans) => spans.every((span, at) => span > (spans[at - 1] ?? 0)))
  const expects = 'spans such as 90s, 10m, 6h or 2d with commas between, each longer than the one before'
  return { variable, expects, schema, fallback, secret: false }
}

export function choice<const T extends string>(
  variable: string,
  values: readonly [T, ...T[]],
  fallback: T,
): Setting<T> {
  const schema: z.ZodType<T, string> = z.string().transform((value, ctx) => {
    const known = values.find((candidate) => candidate === value)
    if (known === undefined) ctx.addIssue('not one of the choices')
    return known ?? z.NEVER
  })
  return { variable, expects: `one of ${values.join(', ')}`, schema, fallback, secret: false }
}

export function text(variable: string, fallback: string): Setting<string> {
  return { variable, expects: 'a text', schema: z.string().min(1), fallback, secret: false }
}

export function optionalText(variable: string): Setting<string | undefined> {
  return { variable, expects: 'a text', schema: z.string().min(1), fallback: undefined, secret: false }
}

export function schemaName(variable: string, fallback: string): Setting<string> {
  const schema = z.string().regex(/^[a-z_][a-z0-9_]{0,49}$/)
  const expects = 'a schema name of at most 50 small letters, digits and underscores'
  return { variable, expects, schema, fallback, secret: false }
}

export function databaseUrl(variable: string): Setting<string | undefined> {
  const schema = z.string().refine((value) => /^postgres(ql)?:$/.test(URL.parse(value)?.protocol ?? ''))
  const expects = 'a URL such as postgres://user:password@host:5432/database'
  return { variable, expects, schema, fallback: undefined, secret: true }
}

export function secretKey(variable: string): Setting<KeyObject | undefined> {
  const schema = z
    .string()
    .refine((value) => parseMasterKey(value) !== undefined)
    .transform((value) => parseMasterKey(value))
  const expects = '32 bytes in base64, such as `openssl rand -base64 32` prints'
  return { variable, expects, schema, fallback: undefined, secret: true }
}
