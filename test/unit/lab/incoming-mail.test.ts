import { describe, expect, test } from 'vitest'
import { createIncomingMail } from '../../../src/lab/incoming-mail.ts'
import { landsInJunk } from '../../../src/lab/junk-share.ts'

const shareOf = (shares: Parameters<typeof landsInJunk>[0], address: string, day: string) => {
  const ids = Array.from({ length: 2000 }, (_, n) => `<${n}@lab.test>`)
  return ids.filter((messageId) => landsInJunk(shares, { address, day, messageId })).length / ids.length
}

describe('the share that goes to Junk', () => {
  const shares = { 'ann@a.test': { '2026-03-02': 0.5, '*': 0.1 }, '*': { '2026-03-03': 1 } }

  test.each([
    ['of the mailbox on the day that is named', 'ann@a.test', '2026-03-02', 0.5],
    ['of the mailbox on any other day', 'ann@a.test', '2026-03-03', 0.1],
    ['of any other mailbox on the day that is named', 'bea@b.test', '2026-03-03', 1],
    ['of any other mailbox on any other day', 'bea@b.test', '2026-03-02', 0],
  ])('is that %s', (_, address, day, share) => {
    expect(Math.abs(shareOf(shares, address, day) - share)).toBeLessThan(0.03)
  })
})

test('mail between the mailboxes of a provider arrives, and other mail leaves it', () => {
  const arrived: string[] = []
  const incoming = createIncomingMail({
    shares: { 'ann@a.test': { '*': 1 } },
    holds: (address) => address.endsWith('a.test'),
    deliver: (address, message, { folder }) => arrived.push(`${address} ${folder} ${message}`),
    now: () => new Date('2026-03-02T09:00:00Z'),
  })
  for (const recipient of ['Ann@a.test', 'bea@a.test', 'cyd@elsewhere.test'])
    incoming.onAccepted(`Message-ID: <1@b.test>\r\nSubject: Hello`, { sender: 'x@b.test', recipient })
  expect(arrived).toEqual([
    'ann@a.test Junk Message-ID: <1@b.test>\r\nSubject: Hello\r\n\r\n',
    'bea@a.test INBOX Message-ID: <1@b.test>\r\nSubject: Hello\r\n\r\n',
  ])
  expect(incoming.delivered).toMatchObject([
    { address: 'ann@a.test', folder: 'Junk', day: '2026-03-02', messageId: '<1@b.test>' },
    { folder: 'INBOX' },
  ])
})
