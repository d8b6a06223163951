import { promises as fs } from 'node:fs'
import { type CampaignDefinition, parseCampaignFile } from '../campaigns/campaign-file.ts'
import { closedReason } from '../campaigns/configuration.ts'
import {
  type CampaignParts,
  deleteDraft,
  insertCampaign,
  listTemplateIds,
} from '../campaigns/create-store.ts'
import type { Campaign } from '../campaigns/store.ts'
import { AppError } from '../core/errors.ts'
import type { Db } from '../db/connect.ts'
import { listMailboxes } from '../mailboxes/store.ts'

/** Throws `invalid_input` with every problem of the file and its line. */
export async function readCampaignFile(file: string): Promise<CampaignDefinition> {
  const result = parseCampaignFile(await readText(file))
  if (result.ok) return result.definition
  const details = result.problems.map(({ line, message }) => `line ${line}: ${message}`)
  throw new AppError('invalid_input', `${file} is not a valid campaign.`, { details })
}

/** Stores the draft, with `replace` instead of one of the same name; throws `conflict` when the name is taken, `invalid_input` for what it names and is not there. */
export async function createCampaign(
  db: Db,
  tenantId: string,
  definition: CampaignDefinition,
  options: { replace?: boolean } = {},
): Promise<{ campaign: Campaign; mailboxes: number }> {
  const closed = closedReason(definition.configuration, definition.timezone, new Date())
  if (closed) throw new AppError('invalid_input', `"${definition.name}" could never send: ${closed}.`)
  const parts = await findParts(db, tenantId, definition)
  const campaign = await db.transaction().execute(async (trx) => {
    if (options.replace) await deleteDraft(trx, tenantId, definition.name)
    return insertCampaign(trx, tenantId, definition, parts)
  })
  return { campaign, mailboxes: parts.mailboxIds.length }
}

async function findParts(db: Db, tenantId: string, definition: CampaignDefinition): Promise<CampaignParts> {
  const idOf = new Map((await listMailboxes(db, tenantId)).map((row) => [row.email_address, row.id]))
  if (idOf.size === 0) {
    const hint = 'Add one first: rookery mailbox add ADDRESS --smtp-host HOST'
    throw new AppError('invalid_input', `There is no mailbox yet to send from. ${hint}`)
  }
  const addresses = definition.mailboxes === 'all' ? [...idOf.keys()] : definition.mailboxes
  const contents = definition.steps.flatMap((step) => [step, ...step.variants])
  const templates = [...new Set(contents.flatMap((content) => content.template ?? []))]
  const templateIds = await listTemplateIds(db, tenantId, templates)
  const missing = [
    ...addresses.filter((address) => !idOf.has(address)).map((address) => `There is no mailbox ${address}.`),
    ...templates.filter((name) => !templateIds.has(name)).map((name) => `There is no template "${name}".`),
  ]
  if (missing.length > 0)
    throw new AppError('invalid_input', `"${definition.name}" names what is not there.`, { details: missing })
  return { mailboxIds: addresses.flatMap((address) => idOf.get(address) ?? []), templateIds }
}

async function readText(file: string): Promise<string> {
  try {
    return await fs.readFile(file, 'utf8')
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const reason = missing ? 'there is no such file' : (error as Error).message
    throw new AppError('invalid_input', `${file} cannot be read: ${reason}.`, { cause: error })
  }
}
