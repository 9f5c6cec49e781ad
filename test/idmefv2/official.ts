import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'
import type { Version } from '../../src/idmefv2/profiles.ts'

// The published schemas and examples lie beside the repository where they can be had; tests that need them are
// skipped elsewhere.
const SPEC = new URL('../../../shared/spec/', import.meta.url)

export const isAvailable = existsSync(SPEC)

export interface OfficialSchema {
  definitions: Record<string, { enum?: string[]; pattern?: string }>
}

export function officialSchema(version: Version): OfficialSchema {
  const { $schema, ...schema } = read(`schemas/IDMEFv2-${version.slice(4)}.schema.json`)
  // A boolean `exclusiveMinimum` is the one thing of draft-04 that Ajv 8 does not read; nothing refers to it.
  delete schema.definitions.portType
  return schema
}

/** The verdict of the published schema, formats unchecked as by a plain draft-04 validator. */
export function officialCheck(version: Version): ValidateFunction {
  return new Ajv({ strict: false, validateFormats: false }).compile(officialSchema(version))
}

export function officialExamples(version: Version): unknown[] {
  const folder = `examples/V${Number(version.slice(-2))}/`
  return readdirSync(new URL(folder, SPEC)).map((name) => read(folder + name))
}

const read = (path: string) => JSON.parse(readFileSync(new URL(path, SPEC), 'utf8'))
