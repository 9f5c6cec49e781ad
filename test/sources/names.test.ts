import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nameOf, pathOf } from '../../src/sources/names.ts'

const bytesOf = (path: string) => Buffer.from(pathOf(path) as Buffer)

test('a name that is text stays as it is', () => {
  for (const name of ['a.json', 'é', '💀', '']) {
    expect(nameOf(Buffer.from(name))).toBe(name)
    expect(pathOf(`/x/${name}`)).toBe(`/x/${name}`)
  }
})

test('a name that is none leads to its file, also below one that is', () => {
  const name = nameOf(Buffer.from('caf\xe9', 'latin1'))
  expect(name).not.toBe('café')
  expect(bytesOf(`/💀/é/${name}`)).toEqual(Buffer.concat([Buffer.from('/💀/é/caf'), Buffer.of(0xe9)]))
})

test('any bytes come back, and no two names are the same', () => {
  const name = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes))
  fc.assert(
    fc.property(name, (bytes) => {
      expect(bytesOf(nameOf(bytes))).toEqual(bytes)
    }),
  )
})
