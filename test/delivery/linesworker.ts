import { workerData } from 'node:worker_threads'
import { Gate } from '../../src/delivery/gate.ts'
import { linesDestination } from '../../src/delivery/lines.ts'
import { Lock } from '../../src/delivery/lock.ts'
import { messagesOf } from './receiver.ts'

// Writes batches of 50 lines, four batches at a time, each far longer than a pipe takes at once.
const { gate, lock, workerIndex: worker, fd } = workerData
const context = { gate: new Gate(gate, worker), lock: new Lock(lock), retry: { retry_min: 5, retry_max: 20 } }
const destination = linesDestination({ fd }, context)
const { signal } = new AbortController()
const pad = 'x'.repeat(5000)

const lane = async (first: number) => {
  for (let batch = first; batch < 20; batch += 4) {
    const texts = Array.from({ length: 50 }, (_, index) => JSON.stringify({ worker, batch, index, pad }))
    await destination.send(messagesOf(texts), signal)
  }
}
await Promise.all([0, 1, 2, 3].map(lane))
await destination.close()
