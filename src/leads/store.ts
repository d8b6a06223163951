import type { Readable, Writable } from 'node:stream'
import type { ClientBase } from 'pg'
import copyStreams from 'pg-copy-streams'
import { newId } from '../core/ids.ts'
import type { NewLead } from './row.ts'

// COPY needs the bare client. Every function runs in the caller's transaction; the table ends with it.

export interface ImportCounts {
  inserted: number
  updated: number
  unchanged: number
  rejected: number
}

export interface Reject {
  line: number
  reason: string
  original: string
}

export async function createImportTable(client: ClientBase): Promise<void> {
  await client.query(`
    create temporary table lead_import (
      line integer not null,
      id uuid,
      email text,
      first_name text,
      last_name text,
      company text,
      position text,
      timezone text,
      metadata jsonb,
      reason text,
      original text not null
    ) on commit drop`)
}

/** Takes the lines of `copyLead` and `copyReject`. */
export function copyIntoImportTable(client: ClientBase): Writable {
  return client.query(copyStreams.from('copy lead_import from stdin'))
}

/** One line of COPY text for a row to be imported. */
export function copyLead(line: number, lead: NewLead, original: string): string {
  const { email, first_name, last_name, company, position, timezone, metadata } = lead
  const names = [first_name, last_name, company, position, timezone]
  return copyLine([`${line}`, newId(), email, ...names, JSON.stringify(metadata), null, original])
}

/** One line of COPY text for a row that was refused. */
export function copyReject({ line, reason, original }: Reject): string {
  return copyLine([`${line}`, null, null, null, null, null, null, null, null, reason, original])
}

/** Of rows with one address the first stays. */
export async function rejectDuplicates(client: ClientBase): Promise<void> {
  await client.query('analyze lead_import')
  await client.query(`
    update lead_import as later
       set reason = format('the same address as in line %s', earliest.line)
      from (select email, min(line) as line from lead_import
             where reason is null group by email having count(*) > 1) as earliest
     where later.email = earliest.email and later.line > earliest.line and later.reason is null`)
}

/**
 * Known leads change only where the file says something new: an empty cell says nothing, metadata and tags are
 * added to. Rows that would not change are not written at all. Ordered, so that two imports cannot deadlock.
 */
export async function mergeImport(
  client: ClientBase,
  tenantId: string,
  tags: readonly string[],
): Promise<ImportCounts> {
  const { rows } = await client.query<ImportCounts>(
    `with merged as (
       insert into leads as known
         (tenant_id, id, email, first_name, last_name, company, position, timezone, tags, metadata)
       select $1, id, email, first_name, last_name, company, position, timezone, $2::text[], metadata
         from lead_import where reason is null order by email
       on conflict (tenant_id, email) do update set
         first_name = coalesce(excluded.first_name, known.first_name),
         last_name = coalesce(excluded.last_name, known.last_name),
         company = coalesce(excluded.company, known.company),
         position = coalesce(excluded.position, known.position),
         timezone = coalesce(excluded.timezone, known.timezone),
         tags = known.tags || array(select unnest(excluded.tags) except select unnest(known.tags) order by 1),
         metadata = known.metadata || excluded.metadata,
         updated_at = now()
       where (coalesce(excluded.first_name, known.first_name), coalesce(excluded.last_name, known.last_name),
              coalesce(excluded.company, known.company), coalesce(excluded.position, known.position),
              coalesce(excluded.timezone, known.timezone), known.metadata || excluded.metadata)
             is distinct from
             (known.first_name, known.last_name, known.company, known.position, known.timezone, known.metadata)
          or not excluded.tags <@ known.tags
       returning xmax = 0 as is_new
     ), changes as (
       select count(*) filter (where is_new) as inserted, count(*) filter (where not is_new) as updated from merged
     ), given as (
       select count(*) filter (where reason is null) as accepted, count(reason) as rejected from lead_import
     )
     select inserted, updated, accepted - inserted - updated as unchanged, rejected from changes, given`,
    [tenantId, tags],
  )
  return rows[0] ?? { inserted: 0, updated: 0, unchanged: 0, rejected: 0 }
}

export async function listRejects(client: ClientBase, limit: number): Promise<Reject[]> {
  const { rows } = await client.query<Reject>(
    'select line, reason, original from lead_import where reason is not null order by line limit $1',
    [limit],
  )
  return rows
}

/** All of them as a CSV file with a header. */
export function copyRejects(client: ClientBase): Readable {
  return client.query(
    copyStreams.to(`
      copy (select line, reason, original from lead_import where reason is not null order by line)
      to stdout with (format csv, header true)`),
  )
}

const escapes: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

function copyLine(values: readonly (string | null)[]): string {
  const cells = values.map(
    (value) => value?.replaceAll(/[\\\t\n\r]/g, (found) => escapes[found] ?? '') ?? '\\N',
  )
  return `${cells.join('\t')}\n`
}
