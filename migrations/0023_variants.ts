import { type Kysely, sql } from 'kysely'

/** Steps that say the same in several ways: each lead gets one of them, and the figures tell them apart. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    alter table campaign_steps
      add column has_variants boolean not null default false,
      drop constraint campaign_steps_content_check,
      add constraint campaign_steps_content_check
        check (has_variants or template_id is not null or content is not null or content_text is not null)`.execute(
    db,
  )
  // Numbered from 1; people read A, B, C.
  await sql`
    create table campaign_step_variants (
      tenant_id uuid not null,
      step_id uuid not null,
      variant smallint not null check (variant between 1 and 26),
      weight integer not null default 1 check (weight > 0),
      template_id uuid,
      subject text not null default '',
      content text,
      content_text text,
      primary key (tenant_id, step_id, variant),
      constraint campaign_step_variants_content_check
        check (template_id is not null or content is not null or content_text is not null),
      foreign key (tenant_id, step_id) references campaign_steps (tenant_id, id) on delete cascade,
      foreign key (tenant_id, template_id) references templates (tenant_id, id)
    )`.execute(db)

  // Null: the step has none. Chosen when the email is planned; its events bear it, since they outlive the ledger's row.
  await sql`alter table emails add column variant smallint`.execute(db)
  await sql`alter table email_events add column variant smallint`.execute(db)
  for (const [table, columns] of [
    ['daily_step_analytics', 'tenant_id, campaign_id, step_id, variant, mailbox_id, date'],
    ['campaign_analytics', 'tenant_id, campaign_id, step_id, variant'],
  ] as const) {
    const key = sql.id(`${table}_key`)
    await sql`alter table ${sql.table(table)} add column variant smallint, drop constraint ${key}`.execute(db)
    await sql`
      alter table ${sql.table(table)}
        add constraint ${key} unique nulls not distinct (${sql.raw(columns)})`.execute(db)
  }
}
