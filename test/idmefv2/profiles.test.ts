import { describe, expect, it } from 'vitest'
import { type Field, knownAnywhere, profile, VERSIONS, type Version } from '../../src/idmefv2/profiles.ts'

function fieldAt(version: Version, path: string): Field | undefined {
  let owner = profile(version).root
  let found: Field | undefined
  for (const name of path.split('.')) {
    found = owner.fields.get(name)
    if (found?.kind === 'class') owner = found.class
  }
  return found
}

function valuesAt(version: Version, path: string): ReadonlySet<string> {
  const field = fieldAt(version, path)
  return field?.kind === 'enum' && field.values ? field.values : new Set()
}

describe('a profile', () => {
  it('is made once for each version', () => {
    expect(profile('2.D.V08')).toBe(profile('2.D.V08'))
    expect(profile('2.D.V08')).not.toBe(profile('2.D.V07'))
  })

  it('lists the fields of a class in the order of the draft', () => {
    const source = fieldAt('2.D.V08', 'Source')
    expect(source?.kind === 'class' && [...source.class.fields.keys()].slice(0, 5)).toEqual([
      ...['ID', 'IP', 'Hostname', 'Category', 'Note'],
    ])
  })

  it.each([
    ['2.D.V04', 'Analyzer', ['IP', 'Name']],
    ['2.D.V05', 'Vector', ['Category']],
    ['2.D.V06', 'Analyzer', ['Name']],
    ['2.D.V06', 'Source', []],
    ['2.D.V07', 'Sensor', ['ID', 'Name']],
    ['2.D.V08', 'Sensor', ['Name']],
    ['2.D.V08', 'Target', ['ID']],
  ] as const)('of %s requires in %s exactly %s', (version, name, required) => {
    const field = fieldAt(version, name)
    expect(field?.kind === 'class' && field.class.required).toEqual(required)
  })

  it.each([
    ['2.D.V06', 'ext-Category', { kind: 'string', list: false }],
    ['2.D.V07', 'ext-Category', { kind: 'string', list: true }],
    ['2.D.V05', 'Confidence', { kind: 'number', list: false }],
    ['2.D.V06', 'Confidence', { kind: 'confidence', list: false }],
    ['2.D.V07', 'Status', { kind: 'enum', list: false }],
    ['2.D.V08', 'Status', { kind: 'enum', list: true }],
    ['2.D.V08', 'Source.Port', { kind: 'port', list: true }],
    ['2.D.V08', 'Attachment.Size', { kind: 'size', list: false }],
  ] as const)('of %s has %s as %o', (version, path, shape) => {
    expect(fieldAt(version, path)).toMatchObject(shape)
  })

  it.each([
    ['2.D.V07', 'Vector'],
    ['2.D.V07', 'Analyzer.Type'],
    ['2.D.V07', 'ReportTime'],
    ['2.D.V07', 'Source.Category'],
    ['2.D.V06', 'EntitySector'],
    ['2.D.V05', 'Source.ID'],
  ] as const)('of %s has no %s', (version, path) => {
    expect(fieldAt(version, path)).toBeUndefined()
  })

  it.each([
    ['2.D.V04', 'Category', 59],
    ['2.D.V07', 'Category', 125],
    ['2.D.V08', 'Category', 128],
    ['2.D.V04', 'Analyzer.Category', 36],
    ['2.D.V08', 'Analyzer.Category', 79],
    ['2.D.V04', 'Analyzer.Method', 17],
    ['2.D.V08', 'Analyzer.Method', 38],
    ['2.D.V06', 'Analyzer.Data', 34],
    ['2.D.V08', 'Analyzer.Data', 34],
    ['2.D.V06', 'Vector.Category', 43],
    ['2.D.V07', 'EntitySector', 132],
    ['2.D.V08', 'EntitySector', 132],
    ['2.D.V08', 'Source.Category', 157],
    ['2.D.V08', 'Target.Category', 38],
    ['2.D.V04', 'Status', 2],
    ['2.D.V07', 'Status', 5],
    ['2.D.V08', 'Status', 6],
  ] as const)('of %s has in %s %i values', (version, path, count) => {
    expect(valuesAt(version, path).size).toBe(count)
  })

  it('keeps the spelling of its schema', () => {
    const names = ['Recon.Netword', 'Access.Clonned', 'Operational.Policy Violation', 'Other.ext-value']
    expect([...valuesAt('2.D.V07', 'Category')]).toEqual(expect.arrayContaining(names))
    expect(valuesAt('2.D.V08', 'Category')).not.toContain('Recon.Netword')
    expect(valuesAt('2.D.V04', 'Category')).toContain('Information.UnauthorizedAccess')
    expect(valuesAt('2.D.V08', 'Analyzer.Method')).toContain('Threat Intelligence')
  })

  it('names itself as the only value of Version', () => {
    for (const version of VERSIONS) expect([...valuesAt(version, 'Version')]).toEqual([version])
  })
})

describe('a path', () => {
  it.each([[['Vector', 'GeoRadius']], [['Analyzer', 'Type']], [['ReportTime']], [['Source']]])(
    '%j is known to some version',
    (path) => expect(knownAnywhere(path)).toBe(true),
  )

  it.each([
    [['Target', 'URL']],
    [['Severity']],
    [['ID', 'ID']],
    [['Source', 'IP', 'x']],
    [['constructor']],
    [[]],
  ])('%j is known to none', (path) => expect(knownAnywhere(path)).toBe(false))
})
