import type { Pool } from 'pg'

interface CatalogueColumn {
  table: string
  column: string
  type: string
  notNull: boolean
  hasDefault: boolean
  generated: boolean
  check: string | null
  isView: boolean
}

const scalarTypes: Record<string, string> = {
  uuid: 'string',
  text: 'string',
  bytea: 'Buffer',
  boolean: 'boolean',
  smallint: 'number',
  integer: 'number',
  bigint: 'number',
  real: 'number',
  'double precision': 'number',
  date: 'string',
  xid8: 'string',
  pg_snapshot: 'string',
  inet: 'string',
  interval: 'Interval',
  jsonb: 'Json',
  'timestamp with time zone': 'Timestamp',
  'text[]': 'string[]',
  'integer[]': 'number[]',
}

/** The TypeScript of `src/db/schema.ts`, as the live catalogue says it should be. */
export async function renderDatabaseTypes(pool: Pool, schema: string): Promise<string> {
  const columns = await readCatalogue(pool, schema)
  const tables = [...new Set(columns.map((column) => column.table))]
  return [
    "import type { ColumnType, GeneratedAlways } from 'kysely'",
    '',
    '// Written from the live catalogue by `npm run db:types`; a test fails when the two differ.',
    '',
    '/** jsonb: read as a value to be parsed, written as JSON text. */',
    'export type Json = ColumnType<unknown, string, string>',
    '',
    '/** timestamptz: read as a Date, written as a Date or ISO 8601 text. */',
    'export type Timestamp = ColumnType<Date, Date | string, Date | string>',
    '',
    '/** interval: read as ISO 8601 text. */',
    'export type Interval = ColumnType<string, string, string>',
    '',
    '/** A column with a default: it may be left out of an insert. */',
    'export type Defaulted<T> =',
    '  T extends ColumnType<infer S, infer I, infer U>',
    '    ? ColumnType<S, I | undefined, U>',
    '    : ColumnType<T, T | undefined, T>',
    '',
    ...tables.flatMap((table) => renderTable(table, columns)),
    'export interface Database {',
    ...tables.map((table) => `  ${table}: ${typeName(table)}`),
    '}',
    '',
  ].join('\n')
}

async function readCatalogue(pool: Pool, schema: string): Promise<CatalogueColumn[]> {
  const { rows } = await pool.query<CatalogueColumn>(
    `select c.relname as table, a.attname as column, format_type(a.atttypid, null) as type,
            a.attnotnull as "notNull", (a.atthasdef or a.attidentity <> '') as "hasDefault",
            (a.attgenerated <> '' or a.attidentity = 'a') as generated, c.relkind in ('v', 'm') as "isView",
            (select pg_get_constraintdef(k.oid) from pg_constraint k
              where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum]
                and pg_get_constraintdef(k.oid) like '%ANY (ARRAY[%' limit 1) as check
       from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
        and a.attnum > 0 and not a.attisdropped and c.relname not like 'schema_migration%'
      order by c.relname, a.attnum`,
    [schema],
  )
  return rows
}

function renderTable(table: string, columns: CatalogueColumn[]): string[] {
  const own = columns.filter((column) => column.table === table)
  return [`export interface ${typeName(table)} {`, ...own.flatMap(renderColumn), '}', '']
}

function renderColumn(column: CatalogueColumn): string[] {
  const union = checkedValues(column.check)
  const scalar = union ? union.join(' | ') : scalarTypes[column.type]
  if (!scalar)
    throw new Error(`no TypeScript type is known for ${column.table}.${column.column}: ${column.type}`)
  const nullable = column.notNull ? scalar : `${scalar} | null`
  const wrapped = column.generated
    ? `GeneratedAlways<${nullable}>`
    : column.hasDefault
      ? `Defaulted<${nullable}>`
      : nullable
  const line = `  ${column.column}: ${wrapped}`
  if (line.length <= 110) return [line]
  return renderLongUnion(column, wrapped, union ?? [])
}

// As the formatter breaks it, so that the file on disk is the file rendered.
function renderLongUnion(column: CatalogueColumn, wrapped: string, union: string[]): string[] {
  if (!/^(Generated|Defaulted)/.test(wrapped)) {
    return [`  ${column.column}:`, ...union.map((value) => `    | ${value}`)]
  }
  const inner = wrapped.slice(wrapped.indexOf('<') + 1, -1)
  return [`  ${column.column}: ${wrapped.slice(0, wrapped.indexOf('<'))}<`, `    ${inner}`, '  >']
}

function checkedValues(check: string | null): string[] | undefined {
  const values = check?.match(/ANY \(ARRAY\[(.*?)\]\)/)?.[1]
  return values?.split(', ').map((value) => value.replace(/::.*$/, ''))
}

function typeName(table: string): string {
  return `${table.replace(/(^|_)([a-z])/g, (_match, _gap, letter: string) => letter.toUpperCase())}Table`
}
