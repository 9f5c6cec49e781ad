import { expect, test } from 'vitest'
import { isFault, readDocument } from '../../src/idmefv1/document.ts'
import { alert, around } from './documents.ts'

const faultOf = (text: string) => {
  const read = readDocument(Buffer.from(text))
  return isFault(read) ? `${read.kind}: ${read.what}` : undefined
}
const withSubset = (subset: string, entity: string) =>
  `<!DOCTYPE IDMEF-Message [${subset}]>${around(alert(`<Source interface="&${entity};"/>`)).slice(22)}`

test.each([
  ['an external entity', '<!ENTITY x SYSTEM "file:///etc/passwd">', 'x'],
  ['an external entity over the network', '<!ENTITY x SYSTEM "http://127.0.0.1:1/">', 'x'],
  ['a parameter entity', '<!ENTITY % p SYSTEM "file:///etc/passwd">%p;', 'x'],
  ['entities in entities', '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">', 'c'],
  ['one entity again and again', `<!ENTITY q "${'q'.repeat(10_000)}">`, 'q;&q;&q;&q'],
  ['default attributes', '<!ATTLIST Alert messageid CDATA "x">', 'amp'],
])('S1, S2: a document that declares %s is refused', (_, subset, entity) => {
  expect(faultOf(withSubset(subset, entity))).toContain('a DOCTYPE with declarations of its own is not taken')
})

test('S1: an entity that nobody declared is refused', () => {
  expect(faultOf(around(alert('<Source interface="&eacute;"/>')))).toContain('undefined entity')
})

test('S1: a DOCTYPE that only names its DTD is passed over', () => {
  const text = around(alert()).replace('?>', '?><!DOCTYPE IDMEF-Message SYSTEM "file:///etc/passwd">')
  expect(faultOf(text)).toBeUndefined()
})

test.each(['1', '-', '.', '\u00b7', '\u0301', '\u203f'])(
  'a name that begins with %s behind its prefix is refused',
  (sign) => {
    const text = `<i:IDMEF-Message xmlns:i="http://iana.org/idmef"><i:${sign}a/></i:IDMEF-Message>`
    expect(faultOf(text)).toContain('no name begins as')
  },
)

test('S2: depth, elements and attributes have an end', () => {
  const deep = '<Analyzer>'.repeat(100_000)
  expect(faultOf(around(`<Alert>${deep}`))).toContain('elements lie more than 64 deep')
  const foreign = '<v:a xmlns:v="urn:v">'.repeat(100_000)
  expect(faultOf(around(foreign))).toContain('elements lie more than 64 deep')
  expect(faultOf(around('<Alert/>'.repeat(200_000)))).toContain('more than 100000 elements')
  const attributes = Array.from({ length: 100_000 }, (_, i) => `a${i}="1"`).join(' ')
  expect(faultOf(around(`<Alert ${attributes}/>`))).toContain('more than 32 attributes')
  // At once, and not when the tag ends.
  expect(faultOf(around(`<Alert ${attributes}/>`))).toMatch(/line 2, column \d{3}\)/)
})

test('a document of many foreign names is remembered by a few', () => {
  const names = Array.from({ length: 5000 }, (_, i) => `<Unknown${i}/>`).join('')
  const read = readDocument(Buffer.from(around(`<Alert>${names}</Alert>`)))
  expect(isFault(read) || read.messages[0]?.unknown).toHaveLength(100)
})

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  'the name %s is one like any other',
  (name) => {
    const text = around(`<Alert messageid="m" ${name}="1"><${name}>x</${name}></Alert>`)
    const read = readDocument(Buffer.from(text))
    if (isFault(read)) throw new Error(read.what)
    expect(read.messages).toEqual([
      {
        idmef: 'alert',
        messageid: 'm',
        unknown: [`/IDMEF-Message/Alert[1]@${name}: 1`, `/IDMEF-Message/Alert[1]/${name}: x`],
      },
    ])
  },
)
