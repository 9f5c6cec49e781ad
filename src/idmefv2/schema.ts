import { PATTERNS } from './patterns.ts'
import type { Class, Field, Profile, Scalar } from './profiles.ts'

export interface SchemaOptions {
  /**
   * Check `Ref` and `ExternalURI` as URIs and `Email` as an address (needs ajv-formats). Off unless asked for: the
   * published schemas name these formats, but a draft-04 validator does not look at them, and a message that the
   * receiver takes must not be refused here.
   */
  formats?: boolean
}

/** The JSON Schema (draft-07) of a version: the verdict of the published one, in a form Ajv compiles as it is. */
export function schemaOf(profile: Profile, { formats = false }: SchemaOptions = {}): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: `urn:idmefv2:${profile.version}`,
    title: `IDMEFv2 message, version ${profile.version}`,
    ...objectOf(profile.root),
    definitions: definitions(formats),
  }
}

function objectOf({ fields, required }: Class): object {
  return {
    type: 'object',
    properties: Object.fromEntries([...fields].map(([name, field]) => [name, propertyOf(field)])),
    required: [...required],
    additionalProperties: false,
  }
}

function propertyOf(field: Field): object {
  const item = field.kind === 'class' ? objectOf(field.class) : itemOf(field)
  return field.list ? { type: 'array', items: item } : item
}

// Kinds are referred to by name, so that an error of the validator can be told which kind it failed.
function itemOf({ kind, values }: Scalar): object {
  return values ? { enum: [...values] } : { $ref: `#/definitions/${kind}` }
}

function definitions(formats: boolean): Record<string, object> {
  const text = (format: string) => (formats ? { type: 'string', format } : { type: 'string' })
  const patterns = Object.entries(PATTERNS).map(([kind, pattern]) => [kind, { type: 'string', pattern }])
  return {
    string: { type: 'string' },
    number: { type: 'number' },
    integer: { type: 'integer' },
    port: { type: 'integer' },
    size: { type: 'integer' },
    confidence: { type: 'number', minimum: 0, maximum: 1 },
    content: { type: ['object', 'string'] },
    uri: text('uri'),
    email: text('email'),
    ...Object.fromEntries(patterns),
  }
}
