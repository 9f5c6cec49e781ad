import { describe, expect, it } from 'vitest'
import { TECHNIQUES } from '../../src/idmefv2/attack.ts'
import { profile, type Version } from '../../src/idmefv2/profiles.ts'
import { respelled, type Terms, wordsOf } from '../../src/idmefv2/terms.ts'

const PROBING: Terms = ['Recon.Scanning', 'Recon.Network']
const MINER: Terms = ['Fraud.UnauthorizedUsage', 'Malware.Cryptominer']
const TROJAN: Terms = ['Malicious.System', 'Malware.Other']

function categoriesOf(version: Version): ReadonlySet<string> {
  const field = profile(version).root.fields.get('Category')
  return (field?.kind === 'enum' && field.values) || new Set()
}

const TAXONOMIES = [
  ['V04', '2.D.V04'],
  ['V07', '2.D.V07'],
  ['V08', '2.D.V08'],
] as const

describe.each(TAXONOMIES)('in the taxonomy %s', (taxonomy, version) => {
  it('a technique of MITRE ATT&CK is a category that the draft knows', () => {
    const words = wordsOf(Object.values(TECHNIQUES), taxonomy)
    const known = categoriesOf(version)
    expect(words.length).toBeGreaterThan(5)
    expect(words.filter((word) => !known.has(word))).toEqual([])
  })
})

describe('the words of categories', () => {
  it.each([
    ['V04', ['Recon.Scanning', 'Fraud.UnauthorizedUsage']],
    ['V07', ['Recon.Netword', 'Malware.Other']],
    ['V08', ['Recon.Network', 'Malware.Cryptominer']],
  ])('are those of the taxonomy %s, in the order given', (taxonomy, words) => {
    expect(wordsOf([PROBING, MINER], taxonomy)).toEqual(words)
  })

  it('stand once, also when two become the same in an older taxonomy', () => {
    expect(wordsOf([PROBING, PROBING], 'V08')).toEqual(['Recon.Network'])
    expect(wordsOf([MINER, TROJAN], 'V07')).toEqual(['Malware.Other'])
  })

  it('are known to draft 07 for every word of draft 08', () => {
    const words = [...categoriesOf('2.D.V08')]
    const known = categoriesOf('2.D.V07')
    expect(words.length).toBeGreaterThan(100)
    expect(respelled(words, 'V07').filter((word) => !known.has(word))).toEqual([])
  })
})
