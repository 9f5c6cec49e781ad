import { parentPort, workerData } from 'node:worker_threads'
import { Gate, OPEN_PASS } from '../../src/delivery/gate.ts'

// Waits for the gate as a destination does, says how it was let through, and answers its probe when told to.
const { shared, workerIndex, leaseMs = 60_000 } = workerData
const gate = new Gate(shared, workerIndex)
const { signal } = new AbortController()

let pass = gate.admit(leaseMs)
while (pass === undefined) {
  await gate.wait(signal)
  pass = gate.admit(leaseMs)
}
const probe = pass
parentPort?.on('message', () =>
  parentPort?.postMessage({ workerIndex, opened: gate.answered(probe) !== undefined }),
)
parentPort?.postMessage({ workerIndex, probe: probe !== OPEN_PASS })
