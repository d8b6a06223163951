import { sql } from 'kysely'
import { newId } from '../core/ids.ts'
import type { Db, Trx } from '../db/connect.ts'
import type { FolderCursor } from '../imap/cursor.ts'
import type { Folders } from '../imap/folders.ts'

export interface StoredFolder {
  id: string
  path: string
  type: 'inbox' | 'junk' | 'sent' | 'all'
  /** Undefined until it was read for the first time. */
  cursor: FolderCursor | undefined
  syncedAt: Date | null
  listedAt: Date | null
  /** The message at which processing threw or died before. */
  suspectUid: number | null
}

interface MailboxRef {
  tenantId: string
  id: string
}

/** The folders that the server listed last. */
export async function listFolders(db: Db, mailbox: MailboxRef): Promise<StoredFolder[]> {
  const rows = await db
    .selectFrom('email_folders')
    .selectAll()
    .where('email_account_id', '=', mailbox.id)
    .where('listed_at', 'is not', null)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    path: row.path,
    type: row.folder_type,
    cursor: row.uid_validity === null ? undefined : toCursor({ ...row, uid_validity: row.uid_validity }),
    syncedAt: row.synced_at,
    listedAt: row.listed_at,
    suspectUid: row.suspect_uid,
  }))
}

const toCursor = (row: {
  uid_validity: number
  last_uid: number
  highest_modseq: string | null
  reseeding: boolean
}): FolderCursor => ({
  uidValidity: row.uid_validity,
  lastUid: row.last_uid,
  highestModseq: row.highest_modseq,
  reseeding: row.reseeding,
})

/** Notes what the server lists; a folder that is listed no more keeps its messages and its cursor. */
export async function setFoldersListed(trx: Trx, mailbox: MailboxRef, folders: Folders): Promise<void> {
  const rows = (['inbox', 'junk', 'sent', 'all'] as const).flatMap((type) => {
    const path = folders[type]
    return path === undefined ? [] : [{ id: newId(), path, type }]
  })
  await forgetFolders(trx, mailbox)
  await sql`
    insert into email_folders (tenant_id, id, email_account_id, path, folder_type, listed_at)
    select ${mailbox.tenantId}, id, ${mailbox.id}, path, type, now()
      from json_to_recordset(${JSON.stringify(rows)}) as i (id uuid, path text, type text)
    on conflict (email_account_id, path) do update set folder_type = excluded.folder_type, listed_at = now()
  `.execute(trx)
}

/** The next sync asks the server again. */
export async function forgetFolders(db: Db, mailbox: MailboxRef): Promise<void> {
  await db
    .updateTable('email_folders')
    .set({ listed_at: null })
    .where('email_account_id', '=', mailbox.id)
    .execute()
}

/** Two sessions of one mailbox never deal with messages of a folder at the same time. */
export async function lockFolder(trx: Trx, folder: FolderRef): Promise<void> {
  await sql`
    select 1 from email_folders where tenant_id = ${folder.tenantId} and id = ${folder.id} for no key update
  `.execute(trx)
}

export interface FolderRef {
  tenantId: string
  id: string
}

/** Past the message just dealt with; a cursor that another session moved further stays there. */
export async function setCursor(trx: Trx, folder: FolderRef, cursor: FolderCursor): Promise<void> {
  await sql`
    update email_folders
       set uid_validity = ${cursor.uidValidity}, last_uid = ${cursor.lastUid}, highest_modseq = ${cursor.highestModseq},
           reseeding = ${cursor.reseeding}, suspect_uid = null, suspect_attempts = 0
     where tenant_id = ${folder.tenantId} and id = ${folder.id}
       and (uid_validity is distinct from ${cursor.uidValidity} or last_uid < ${cursor.lastUid}
            or reseeding is distinct from ${cursor.reseeding})`.execute(trx)
}

/** The folder was read to its end. */
export async function setFolderSynced(db: Db, folder: FolderRef, cursor: FolderCursor): Promise<void> {
  await sql`
    update email_folders
       set uid_validity = ${cursor.uidValidity}, last_uid = ${cursor.lastUid}, highest_modseq = ${cursor.highestModseq},
           reseeding = ${cursor.reseeding}, synced_at = now()
     where tenant_id = ${folder.tenantId} and id = ${folder.id}`.execute(db)
}

/** Counts, durably, that a message is about to be tried or has failed; returns how often by now. */
export async function noteSuspect(db: Db, folder: FolderRef, uid: number): Promise<number> {
  const { rows } = await sql<{ attempts: number }>`
    update email_folders
       set suspect_attempts = case when suspect_uid = ${uid} then suspect_attempts + 1 else 1 end, suspect_uid = ${uid}
     where tenant_id = ${folder.tenantId} and id = ${folder.id}
    returning suspect_attempts as attempts`.execute(db)
  return rows[0]?.attempts ?? 1
}
