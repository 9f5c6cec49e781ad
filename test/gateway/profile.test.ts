import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { addressesOf, readProfile } from '../../src/gateway/prelude/profile.ts'

const folder = mkdtempSync(join(tmpdir(), 'profile-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each([
  ['127.0.0.1', [{ host: '127.0.0.1', port: 4690 }]],
  ['manager.example.org:24690', [{ host: 'manager.example.org', port: 24690 }]],
  [
    'a || b:1 && c',
    [
      { host: 'a', port: 4690 },
      { host: 'b', port: 1 },
      { host: 'c', port: 4690 },
    ],
  ],
  ['[2001:db8::7]:4691', [{ host: '2001:db8::7', port: 4691 }]],
  ['2001:db8::7', [{ host: '2001:db8::7', port: 4690 }]],
])('the address %s is read', (written, expected) => expect(addressesOf(written)).toEqual(expected))

test.each(['unix', ':4690', 'a:b'])('%j is no address of a manager', (written) => {
  expect(() => addressesOf(written)).toThrow('no address of a manager')
})

describe('a profile', () => {
  test('that is not there is told with its path', () => {
    expect(() => readProfile(folder, 'nobody')).toThrow(`${folder}/nobody/client.keycrt`)
  })

  test('that was registered nowhere is told', () => {
    mkdirSync(join(folder, 'fresh'))
    for (const file of ['client.keycrt', 'client.trusted', 'analyzerid', 'key', 'config'])
      writeFileSync(join(folder, 'fresh', file), '')
    expect(() => readProfile(folder, 'fresh')).toThrow('was registered at no manager')
  })
})
