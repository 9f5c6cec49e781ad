import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { corpusOf, keep } from '../test/fuzz/corpus.ts'
import { type Finding, loop } from '../test/fuzz/loop.ts'
import { PROMISES } from '../test/fuzz/promises.ts'
import { loadTarget } from '../test/fuzz/target.ts'

// pnpm test:fuzz [--seconds N] [--seed S] [TARGET…]
//
// Mutates the inputs of test/fuzz/corpus, as many targets at once as there are cores, and keeps those that run something new; an input that breaks a target's promise,
// or never ends, is shrunk, kept in the corpus and told. Exit 1 when there is one.

/** No input takes so long, not on a slow machine either. */
const HUNG_MS = 60_000
/** The mutator makes none that is longer; those of the corpus that are, are not looked at. */
const MAX_INPUT_BYTES = 64 * 1024

interface Task {
  name: string
  ms: number
  seed: number
  /** The input at hand: how many there were, its length, its bytes. */
  at: SharedArrayBuffer
}

interface Report extends Omit<Finding, 'failure'> {
  broken?: { input: Uint8Array; reason: string }
}

if (isMainThread) await main()
else parentPort?.postMessage(await fuzz(workerData))

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
    allowPositionals: true,
  })
  const names = positionals.length > 0 ? positionals : Object.keys(PROMISES)
  const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed)
  console.log(`seed ${seed}`)
  const left = names.values()
  const lane = async () => {
    for (const name of left) {
      const report = await watched(name, Number(values.seconds) * 1000, seed)
      tell(name, report)
      if (report.broken) process.exitCode = 1
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, lane))
}

function tell(name: string, { inputs, kept, blocks, broken }: Report): void {
  console.log(`${name.padEnd(11)} ${inputs} inputs, ${kept} kept, ${blocks} blocks of src run`)
  if (!broken) return
  const file = keep(name, Buffer.from(broken.input))
  console.log(`  promise: ${PROMISES[name]}\n  broken by ${file}: ${broken.reason}`)
}

/** Runs a target in a thread of its own, so that an input without an end can be told. */
function watched(name: string, ms: number, seed: number): Promise<Report> {
  const at = new SharedArrayBuffer(8 + MAX_INPUT_BYTES)
  const worker = new Worker(new URL(import.meta.url), { workerData: { name, ms, seed, at } satisfies Task })
  return new Promise((resolve, reject) => {
    let before = -1
    const watch = setInterval(() => {
      const [inputs = 0, length = 0] = new Int32Array(at, 0, 2)
      if (inputs === before) {
        void worker.terminate()
        const input = Uint8Array.from(new Uint8Array(at, 8, length))
        resolve({ inputs, kept: 0, blocks: 0, broken: { input, reason: `no end after ${HUNG_MS} ms` } })
      }
      before = inputs
    }, HUNG_MS)
    worker.on('message', resolve)
    worker.on('error', reject)
    worker.on('exit', () => clearInterval(watch))
  })
}

async function fuzz({ name, ms, seed, at }: Task): Promise<Report> {
  const target = await loadTarget(name)
  const [numbers, bytes] = [new Int32Array(at, 0, 2), new Uint8Array(at, 8)]
  const onInput = (input: Buffer) => {
    const shown = input.subarray(0, MAX_INPUT_BYTES)
    bytes.set(shown)
    numbers[1] = shown.length
    Atomics.add(numbers, 0, 1)
  }
  const corpus = corpusOf(name).map(({ input }) => input)
  const { failure, ...report } = await loop(target, { ms, seed, corpus, guided: true, onInput })
  if (!failure) return report
  const { input, error } = failure
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { ...report, broken: { input, reason } }
}
