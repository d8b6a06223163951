import { expect, test } from 'vitest'
import { type TokenBearer, whyRejected } from '../../../src/warmup/reject.ts'

const received: TokenBearer = {
  isOurs: true,
  from: 'bea@partner.test',
  mailbox: 'ann@lab.test',
  exchanges: [{ side: 'receiver', partner: 'bea@partner.test' }],
  isForgotten: false,
  seenBefore: false,
}
const sent = [{ side: 'sender' as const, partner: 'bea@partner.test' }]

test.each<[string, Partial<TokenBearer>, ReturnType<typeof whyRejected>]>([
  ['the message of an exchange is believed', {}, undefined],
  ['a seal of somebody else is forged', { isOurs: false, exchanges: [] }, 'forged'],
  ['a token that its mailbox does not expect went astray', { exchanges: [] }, 'misdirected'],
  ['a token that comes back to its sender went astray', { exchanges: sent }, 'misdirected'],
  ['a token whose conversation was deleted says nothing', { exchanges: [], isForgotten: true }, undefined],
  ['a copy of what the mailbox sent is its own', { exchanges: sent, from: 'ann@lab.test' }, undefined],
  ['a second message with the token is a replay', { seenBefore: true }, 'replayed'],
  ['a token that another sender took is a replay', { from: 'eve@evil.test' }, 'replayed'],
  ['a token without a sender is a replay', { from: undefined }, 'replayed'],
])('%s', (_, change, reason) => {
  expect(whyRejected({ ...received, ...change })).toBe(reason)
})
