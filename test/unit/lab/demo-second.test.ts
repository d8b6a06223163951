import { expect, test } from 'vitest'
import { accountForSecond } from '../../../src/lab/demo-second.ts'

const lead = (email: string, end: string, code: string | null = null) => ({
  email,
  end,
  code,
  dueAt: null,
  reason: code === 'suppressed' ? 'the recipient is suppressed: invalid_recipient' : null,
})

const campaign = {
  endings: [lead('a@r.test', 'finished'), lead('gone@r.test', 'skipped', 'suppressed')],
  sent: 1,
  acceptedBefore: { 'a@r.test': 2, 'gone@r.test': 1 },
  acceptedAfter: { 'a@r.test': 3, 'gone@r.test': 1 },
  isForbidden: (recipient: string) => recipient === 'gone@r.test',
}

test('the second campaign agrees when just the suppressed are skipped', () => {
  expect(accountForSecond(campaign)).toMatchObject({
    leads: 2,
    suppressed: { invalid_recipient: 1 },
    agree: true,
  })
})

test.each([
  [
    'the provider accepted something for a suppressed lead',
    { acceptedAfter: { 'gone@r.test': 2 } },
    'mailedAgain',
  ],
  ['a suppressed lead is not skipped', { endings: [lead('gone@r.test', 'failed', 'x')] }, 'notSkipped'],
  [
    'somebody else is skipped as suppressed',
    { endings: [...campaign.endings, lead('b@r.test', 'skipped', 'suppressed')] },
    'wronglySkipped',
  ],
])('the second campaign does not agree when %s', (_name, change, fault) => {
  const account = accountForSecond({ ...campaign, ...change })
  expect(account.agree).toBe(false)
  expect(account[fault as 'mailedAgain']).toHaveLength(1)
})
