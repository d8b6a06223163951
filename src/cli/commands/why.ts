import { Argument, type Command } from 'commander'
import { z } from 'zod'
import { normaliseAddress } from '../../core/email-address.ts'
import { AppError } from '../../core/errors.ts'
import type { Db } from '../../db/connect.ts'
import { explain } from '../../jobs/why/explain.ts'
import { listSubjects, type Subject } from '../../why/subject-store.ts'
import { type TenantOptions, withOutput } from '../options.ts'
import { print } from '../output.ts'
import { resolveTenant, withDatabase } from '../session.ts'
import { describeExplanation } from '../why-text.ts'

const types = ['email', 'lead', 'campaign', 'mailbox', 'tenant'] as const

const examples = `
Examples:
  $ rookery why 0198c5a2-7d1e-7c44-9d2b-3f6f0a1b2c3d
  $ rookery why lead ada@example.com
  $ rookery why campaign "Autumn"
  $ rookery why robin@acme.example --tenant acme`

export function addWhyCommand(program: Command): void {
  withOutput(program.command('why'))
    .description(
      'Say what an email, lead, campaign, mailbox or tenant waits for and until when, or what ended it.',
    )
    .addArgument(new Argument('<what>', `an id, address or name, or first its kind: ${types.join(', ')}`))
    .argument('[name]', 'the id, address or name, if its kind was named')
    .option('--tenant <name>', 'only of this tenant')
    .addHelpText('after', examples)
    .action(why)
}

async function why(what: string, name: string | undefined, options: TenantOptions): Promise<void> {
  const found = await withDatabase(async ({ db }) => {
    const subject = await resolveSubject(db, what, name, options)
    return (await explain(db, subject)) ?? notFound(subject.name)
  })
  print(found, options, describeExplanation)
}

async function resolveSubject(
  db: Db,
  what: string,
  name: string | undefined,
  options: TenantOptions,
): Promise<Subject> {
  const type = name === undefined ? null : kindOf(what)
  const wanted = name ?? what
  const tenant = options.tenant === undefined ? null : await resolveTenant(db, options.tenant)
  const subjects = await listSubjects(db, namesOf(wanted), type, tenant?.id ?? null)
  const [first, ...others] = subjects
  if (!first) return notFound(wanted)
  if (others.length === 0) return first
  throw new AppError(
    'invalid_input',
    `"${wanted}" is several things. Name its kind, its --tenant or its id.`,
    {
      details: subjects.map(
        (one) => `rookery why ${one.type} ${one.id}  (${one.name}, tenant ${one.tenant})`,
      ),
    },
  )
}

function kindOf(text: string): Subject['type'] {
  const type = types.find((candidate) => candidate === text)
  if (!type)
    throw new AppError('invalid_input', `"${text}" is no kind of thing: use one of ${types.join(', ')}.`)
  return type
}

function namesOf(wanted: string): { id?: string; address?: string; name?: string } {
  if (z.guid().safeParse(wanted).success) return { id: wanted }
  const verdict = normaliseAddress(wanted)
  return { name: wanted, ...(verdict.ok ? { address: verdict.address } : {}) }
}

function notFound(wanted: string): never {
  throw new AppError('not_found', `There is no email, lead, campaign, mailbox or tenant "${wanted}".`)
}
