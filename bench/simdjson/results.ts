import { isDeepStrictEqual } from 'node:util'
import { loadSample } from '../data.ts'
import { addon } from './addon.ts'

// Holds what the addon gives against what JSON.parse gives.

const loaded = addon()
if (loaded === undefined) throw new Error('the addon is not there')
const { parse, lazyParse } = loaded

const surrogate = '{"a":"\\ud800"}'
const twice = '{"a":1,"a":2}'
process.stdout.write(
  JSON.stringify({
    'results against JSON.parse': compared(),
    'a value that is absent': outcome(() => lazyParse('{"a":1}').valueForKeyPath('b')),
    'a key with a dot in it': outcome(() => lazyParse('{"a.b":1}').valueForKeyPath('a.b')),
    'a lone surrogate, "\\ud800"': `${outcome(() => parse(surrogate))}; JSON.parse: ${outcome(() => JSON.parse(surrogate))}`,
    'one key twice': `${outcome(() => lazyParse(twice).valueForKeyPath('a'))}; JSON.parse: ${outcome(() => JSON.parse(twice).a)}`,
  }),
)

function compared(): string {
  const { alerts, others } = loadSample()
  const texts = [...alerts, ...others].map((line) => Buffer.from(line, 'latin1').toString())
  const equal = texts.filter((text) =>
    isDeepStrictEqual(
      attempt(() => parse(text)),
      JSON.parse(text),
    ),
  )
  return `equal for ${equal.length} of ${texts.length} lines`
}

function outcome(act: () => unknown): string {
  const result = attempt(act)
  return result instanceof Error ? `throws "${result.message}"` : JSON.stringify(result)
}

function attempt(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return error
  }
}
