import { describe, expect, test } from 'vitest'
import { normaliseAddress } from '../../../src/core/email-address.ts'

describe('an address from a list', () => {
  test.each([
    ['Ada@Acorn.Test', 'ada@acorn.test'],
    ['  ada@acorn.test\t', 'ada@acorn.test'],
    ['ada+news@acorn.test', 'ada+news@acorn.test'],
    ["o'neil@acorn.test", "o'neil@acorn.test"],
    ['ada@bücher.test', 'ada@xn--bcher-kva.test'],
    ['ada@BÜCHER.test', 'ada@xn--bcher-kva.test'],
    ['a@b.co', 'a@b.co'],
    [`${'x'.repeat(64)}@acorn.test`, `${'x'.repeat(64)}@acorn.test`],
  ])('%o is stored as %o', (input, address) => {
    expect(normaliseAddress(input)).toEqual({ ok: true, address })
  })

  test.each([
    '',
    'ada',
    '@acorn.test',
    'ada@',
    'ada@acorn',
    'ada@@acorn.test',
    'ada@acorn..test',
    'ada@-acorn.test',
    'ada@acorn.test.',
    'a..b@acorn.test',
    '.ada@acorn.test',
    'ada.@acorn.test',
    'ada lovelace@acorn.test',
    'Ada <ada@acorn.test>',
    'mailto:ada@acorn.test',
    'ada@acorn.test,bob@acorn.test',
    'ada@acorn.test;bob@acorn.test',
    'ada@127.0.0.1',
    'ada@[127.0.0.1]',
    'ada@acorn.test\r\nBcc: bob@acorn.test',
    'ada\0@acorn.test',
    'ada@acorn.test/path',
    'ada@user:pw@acorn.test',
    '"ada lovelace"@acorn.test',
    'ädä@acorn.test',
    `${'x'.repeat(65)}@acorn.test`,
    `ada@${'x'.repeat(64)}.test`,
    `ada@${'abcdefghi.'.repeat(26)}test`,
  ])('%o is refused with a reason', (input) => {
    const verdict = normaliseAddress(input)
    expect(verdict.ok).toBe(false)
    expect(!verdict.ok && verdict.reason).toMatch(/\w/)
  })
})
