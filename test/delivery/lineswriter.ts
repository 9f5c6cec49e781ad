import { Gate } from '../../src/delivery/gate.ts'
import { linesDestination } from '../../src/delivery/lines.ts'
import { Lock } from '../../src/delivery/lock.ts'
import { messagesOf } from './receiver.ts'

// Writes so many lines of 1 KB to a standard output that does not block, and says on standard error why it stopped.
const count = Number(process.argv[2])
const gate = new Gate(Gate.allocate(1), 0)
const context = { gate, lock: new Lock(Lock.allocate()), retry: { retry_min: 5, retry_max: 20 } }
const destination = linesDestination({ fd: 1 }, context)
const { signal } = new AbortController()
const pad = 'x'.repeat(1000)
// Touching it makes the pipe non-blocking.
process.stdout.on('error', () => {})

try {
  for (let from = 0; from < count; from += 200) {
    const texts = Array.from({ length: 200 }, (_, index) => JSON.stringify({ ID: from + index, pad }))
    await destination.send(messagesOf(texts), signal)
  }
} catch (error) {
  process.stderr.write(error instanceof Error && 'code' in error ? String(error.code) : 'no code')
}
