/** What becomes of a lead whose mailbox is removed. */
export type Succession = { kind: 'move'; mailboxId: string } | { kind: 'stop'; reason: string }

/**
 * A lead that nobody wrote to yet gets another mailbox of the rotation, by turns. One that knows its sender is stopped,
 * unless the campaign lets another mailbox go on.
 */
export function succession(
  lead: { hasBegun: boolean },
  policy: 'stop' | 'reassign',
  others: readonly string[],
  turn: number,
): Succession {
  if (lead.hasBegun && policy === 'stop') {
    return { kind: 'stop', reason: 'the mailbox that wrote to this lead was removed' }
  }
  const mailboxId = others[turn % Math.max(1, others.length)]
  if (mailboxId) return { kind: 'move', mailboxId }
  return { kind: 'stop', reason: 'its mailbox was removed, and the campaign has no other' }
}
