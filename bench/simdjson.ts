import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Figures, Findings, Question } from './question.ts'
import { addon } from './simdjson/addon.ts'
import { child, Ended } from './simdjson/child.ts'

const run = promisify(execFile)
/** A race does not show each time. */
const ATTEMPTS = 3

const simdjson: Question = {
  asks: 'Is a document whole: JSON.parse or the simdjson addon? And what else is there to know of it?',
  async *answer({ pace: { rounds, millis, clock } }) {
    if (addon() === undefined) {
      yield findings({
        'the addon': 'not built here; its package then exports JSON itself, without lazyParse',
      })
      return
    }
    yield* JSON.parse(await child('documents', rounds, millis, clock)) as Figures[] // what it prints
    yield findings(JSON.parse(await child('results')))
    yield findings({
      'look-ups in 1 thread': await lookups(1),
      'look-ups in 2 threads at a time': await lookups(2),
      'largest size of a process that parses 20 kB, 20 000 times, and keeps nothing': await memory(),
      'whose simdjson it runs': await bindings(),
    })
  },
}

export default simdjson

function findings(found: Record<string, string>): Findings {
  return {
    title: 'simdjson 0.9.2, the published binding',
    findings: Object.entries(found).map(([name, found]) => ({ name, found })),
  }
}

async function lookups(threads: number): Promise<string> {
  const seen: string[] = []
  for (let i = 0; i < ATTEMPTS; i++) seen.push(await orEnd(child('lookups', threads)))
  return seen.join(' | ')
}

async function orEnd(output: Promise<string>): Promise<string> {
  try {
    return (await output).trim().replaceAll('\n', ', ')
  } catch (error) {
    if (error instanceof Ended) return error.message
    throw error
  }
}

async function memory(): Promise<string> {
  const json = await child('memory', 'JSON')
  const lazy = await child('memory', 'simdjson')
  return `lazyParse ${megabytes(lazy)}, JSON.parse ${megabytes(json)}`
}

const megabytes = (bytes: string) => `${Math.round(Number(bytes) / 1e6)} MB`

/** Asks the dynamic linker of glibc where the functions that the addon calls were found. */
async function bindings(): Promise<string> {
  if (process.platform !== 'linux') return 'only looked at on Linux'
  const { stderr } = await run(process.execPath, ['-e', `require('simdjson').parse('[1]')`], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, LD_DEBUG: 'bindings', LD_BIND_NOW: '1' },
    maxBuffer: 2 ** 28,
  })
  const own = /binding file \S*simdjson\.node \[0\] to (\S+) \[0\]: normal symbol `(\S*8simdjson\S*)'/g
  const bound = new Map([...stderr.matchAll(own)].map(([, target = '', symbol]) => [symbol, target]))
  const toNode = [...bound.values()].filter((target) => !target.endsWith('simdjson.node')).length
  const { simdjson: version = 'none' } = process.versions
  return `${toNode} of the ${bound.size} simdjson symbols it needs are those of Node (simdjson ${version})`
}
