import { Piscina } from 'piscina'
import { Secret } from '../config/secret.ts'
import { loadRules } from '../connectors/load.ts'
import { openDestination } from '../delivery/destination.ts'
import { profile } from '../idmefv2/profiles.ts'
import { createLog, limited } from '../log.ts'
import { applyDocument } from '../mapping/file.ts'
import { parserOf } from '../mapping/parser.ts'
import { DeadLetters } from '../state/deadletter.ts'
import { Buffers } from './batch.ts'
import { checkOf } from './check.ts'
import { Converters } from './converters.ts'
import { Durations } from './durations.ts'
import type { ConnectorSetup, Done, Setup, Task } from './messages.ts'
import { claimIndex } from './owners.ts'
import { type Instruments, Range } from './range.ts'
import { LineReader } from './reader.ts'

/** Batches of one worker that are being filled or wait for their acknowledgement: with BATCH_BYTES the bound of its memory. */
const BATCHES = 6
const LINES_PER_MINUTE = 6

const setup: Setup = Piscina.workerData
const { delivery: given, workers } = setup
const { password, proxy_password, ...plain } = given
const delivery = {
  ...plain,
  ...(password !== undefined && { password: new Secret(password) }),
  ...(proxy_password !== undefined && { proxy_password: new Secret(proxy_password) }),
}
const log = limited(createLog(setup.logging), LINES_PER_MINUTE)
const converters = new Converters(profile(delivery.version), {
  parse: parserOf(workers.parser),
  identity: delivery.id === 'random' ? 'place' : 'record',
})
const durations = new Durations()
const destination = openDestination(
  delivery,
  { gate: setup.gate, lock: setup.lock, workerIndex: claimIndex(setup.owners) },
  { log, onRequest: (seconds) => durations.add(seconds) },
)
const deadLetters = new DeadLetters(setup.deadLetters.path, setup.deadLetters.maxBytes)
const buffers = new Buffers(BATCHES)
const check = checkOf(delivery.validate, delivery.version)
/** One for each task at a time; tasks of one worker take turns while they wait for the receiver. */
const readers: LineReader[] = []
/** Never aborted: a worker that has to stop at once is terminated, and its work is read again. */
const { signal } = new AbortController()
// Not awaited here: Piscina loads a module without top-level await by require(), which needs no code from strings.
const connectors = Promise.all(setup.connectors.map(prepare))
connectors.catch(() => undefined) // told by every task

async function prepare(setup: ConnectorSetup): Promise<Omit<Instruments, 'reader'>> {
  const { instance, probe, document, context } = setup
  const own = await loadRules(probe, context.options)
  const rules = document === undefined ? own : applyDocument(own, document)
  const converter = converters.of(rules, setup)
  const { id } = delivery
  return {
    instance,
    converter,
    destination,
    deadLetters,
    buffers,
    id,
    workers,
    log,
    signal,
    ...(check && { check }),
  }
}

/** What the pool calls. Resolves when everything in the piece of work is safe. */
export default async function run({ connector, work }: Task): Promise<Done> {
  const tools = (await connectors)[connector]
  if (tools === undefined) throw new Error(`no connector ${connector}`)
  const reader = readers.pop() ?? new LineReader(workers.max_line)
  try {
    const done = await new Range({ ...tools, reader }, work).run()
    const requestSeconds = durations.take()
    return requestSeconds ? { ...done, requestSeconds } : done
  } catch (error) {
    // The reader of our standard output has gone. Errors lose their code between threads; the message stays.
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE')
      throw new Error('EPIPE: standard output was closed')
    throw error
  } finally {
    readers.push(reader)
  }
}
