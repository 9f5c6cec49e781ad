import { linesOf, loadSample, type Sample } from '../data.ts'
import { measure } from '../measure.ts'
import type { Figures, Pace } from '../question.ts'
import { addon, type Binding } from './addon.ts'

/** Real lines near the size. */
const LINES = 8
/** Values looked up in each line: fewer than any mapping needs. */
const LOOKUPS = 12

if (import.meta.main) {
  const [size, rounds, millis, clock, binding] = process.argv.slice(2)
  const pace = {
    rounds: Number(rounds),
    millis: Number(millis),
    clock: clock === 'cpu' ? clock : 'wall',
  } as const
  const own = binding === 'own' ? binding : 'mixed'
  process.stdout.write(JSON.stringify(await figures(loadSample(), Number(size), pace, own)))
}

async function figures(sample: Sample, size: number, pace: Pace, binding: Binding): Promise<Figures> {
  const texts = nearest(sample, size)
  const paths = texts.map((line) => pathsOf(JSON.parse(Buffer.from(line, 'latin1').toString())))
  const { bytes, starts, ends } = linesOf(texts)
  const each = (name: string, one: (text: string, wanted: readonly string[]) => unknown) => ({
    name,
    items: texts.length,
    bytes: bytes.length,
    run: () => {
      for (let i = 0; i < ends.length; i++) one(bytes.toString('utf8', starts[i], ends[i]), paths[i] ?? [])
    },
  })
  const ways = [each('JSON.parse', (text) => JSON.parse(text))]
  const simdjson = addon(binding)
  if (simdjson !== undefined) {
    ways.push(
      each('simdjson.parse', (text) => simdjson.parse(text)),
      each(`simdjson.lazyParse and ${LOOKUPS} look-ups`, (text, wanted) => {
        const tape = simdjson.lazyParse(text)
        for (const path of wanted) tape.valueForKeyPath(path)
      }),
      each('simdjson.lazyParse, no look-up', (text) => simdjson.lazyParse(text)),
      each('simdjson.isValid, no values', (text) => simdjson.isValid(text)),
    )
  }
  const mean = Math.round(bytes.length / texts.length)
  const title = `bytes of a line → values, lines near ${size} bytes (mean ${mean}), ${binding} functions`
  return measure(title, 'lines', ways, pace)
}

function nearest({ alerts, others }: Sample, size: number): string[] {
  const distance = (line: string) => Math.abs(Math.log(line.length / size))
  return [...alerts, ...others].sort((a, b) => distance(a) - distance(b)).slice(0, LINES)
}

/** Values of the event and of the objects in it, evenly spread. The addon takes a dot in a key for a step. */
function pathsOf(event: Record<string, unknown>): string[] {
  const all = Object.entries(event).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.keys(value).map((inner) => [key, inner])
      : [[key]],
  )
  const plain = all.filter((path) => path.every((key) => /^\w+$/.test(key))).map((path) => path.join('.'))
  return Array.from({ length: LOOKUPS }, (_, i) => plain[Math.floor((i * plain.length) / LOOKUPS)] ?? '')
}
