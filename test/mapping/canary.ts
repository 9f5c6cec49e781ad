import { profile } from '../../src/idmefv2/profiles.ts'
import { compile } from '../../src/mapping/compile.ts'
import { HOSTILE, hostileLines, hostileRules } from './hostile.ts'
import { converted } from './ways.ts'

// A program for injection.test.ts: converts hostile records by hostile mappings, as the flags of node allow, and
// prints what came of it as JSON.

const converters = HOSTILE.map((text) => ({
  text,
  converter: compile(hostileRules(text), profile('2.D.V08'), { values: {}, options: {} }),
}))
const outcomes = converters.map(({ text, converter }) =>
  hostileLines(text).map((line) => converted(converter, Buffer.from(line))),
)

console.log(
  JSON.stringify({
    outcomes,
    mayGenerate: mayGenerate(),
    pwned: 'pwned' in globalThis,
    polluted: 'polluted' in {},
    prototype: Reflect.ownKeys(Object.prototype).map(String),
  }),
)

function mayGenerate(): boolean {
  try {
    return new Function('return true')()
  } catch {
    return false
  }
}
