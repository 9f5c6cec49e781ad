import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { isItem } from '../../src/idmefv2/item.ts'
import { type Class, profile, type Scalar, VERSIONS } from '../../src/idmefv2/profiles.ts'
import { schemaOf } from '../../src/idmefv2/schema.ts'

const ITEMS: readonly unknown[] = [
  ...['', 'x', 'Cyber', 'cyber', 'High', 'TCP', 'tcp', 'a-b', 'a--b', '192.0.2.1', '300.0.0.1', '::1', 'g::'],
  ...[
    '2026-04-26T10:00:00Z',
    '2026-04-26T10:00:00.5+0200',
    '2026-04-26',
    '48.85,2.35',
    'FR PAR',
    'text/plain',
  ],
  ...['b3894763-479b-57e5-9317-bab59b9d7c65', 'sha-256:9f86', 'sha-256:9', 'NET.NIDS', 'Recon.Network'],
  ...[0, 1, -1, 0.5, 1.5, 65_536, 1e300, true, false, null],
]

function scalars({ fields }: Class): Scalar[] {
  return [...fields.values()].flatMap((field) => (field.kind === 'class' ? scalars(field.class) : [field]))
}

describe.each(VERSIONS)('one item of a field in %s', (version) => {
  const { root } = profile(version)
  const { definitions } = schemaOf(profile(version)) as { definitions: object } // as it is written there
  const kinds = new Map(
    scalars(root).map((field) => [JSON.stringify([field.kind, ...(field.values ?? [])]), field]),
  )

  test.each([...kinds.values()])('of kind $kind is taken where the schema takes it', (field) => {
    const { kind, values } = field
    const schema = values ? { enum: [...values] } : { $ref: `#/definitions/${kind}` }
    const accepts = new Ajv({ allowUnionTypes: true }).compile({ definitions, ...schema })
    const some = [...ITEMS, ...(values ? [...values].slice(0, 3) : [])]
    for (const item of some) expect(isItem(field, item), `${item}`).toBe(accepts(item))
  })
})
