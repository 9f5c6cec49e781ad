import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkBy } from '../../src/sources/whole.ts'
import { loadSample } from '../data.ts'
import { measure } from '../measure.ts'
import type { Figures, Pace } from '../question.ts'

// Is a document whole? As `sources/tree.ts` asks for each before it hands it out, on the main thread: read, then checked.

const SIZES = [1_000, 4_000, 10_000, 30_000, 100_000, 1_000_000]

if (import.meta.main) {
  const [rounds, millis, clock] = process.argv.slice(2)
  const pace = {
    rounds: Number(rounds),
    millis: Number(millis),
    clock: clock === 'cpu' ? clock : 'wall',
  } as const
  process.stdout.write(JSON.stringify(await all(pace)))
}

async function all(pace: Pace): Promise<Figures[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-documents-'))
  try {
    const { alerts, others } = loadSample()
    const figures: Figures[] = []
    for (const size of SIZES)
      figures.push(
        await figuresOf(join(folder, 'document.json'), documentOf([...alerts, ...others], size), pace),
      )
    return figures
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** One document made of real lines, about as long. */
function documentOf(lines: readonly string[], size: number): string {
  const some: string[] = []
  for (let length = 0; length < size; length += some.at(-1)?.length ?? size) {
    const fitting = lines.filter((line) => line.length <= Math.max(size - length, 500))
    some.push(fitting[(some.length * 37) % fitting.length] ?? '{}')
  }
  return `[${some.join(',\n')}]`
}

async function figuresOf(path: string, document: string, pace: Pace): Promise<Figures> {
  writeFileSync(path, document, 'latin1')
  const [json, simdjson] = [checkBy('json'), checkBy('simdjson')]
  const way = (name: string, check: (text: string) => boolean) => ({
    name,
    items: 1,
    bytes: document.length,
    run: () => {
      if (!check(readFileSync(path, 'latin1'))) throw new Error(`${name} takes it for a part`)
    },
  })
  const ways = [
    way('JSON.parse', json),
    way('simdjson.isValid, own functions', simdjson),
    way('read alone', () => true),
  ]
  return measure(`is a document of ${document.length} bytes whole? from a file`, 'documents', ways, pace)
}
