import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, test } from 'vitest'
import { Gate, OPEN_PASS, type Setback } from '../../src/delivery/gate.ts'
import { never } from './receiver.ts'

const down = (pauseMs: number, status = 0): Setback => ({
  state: 'down',
  status,
  cause: `${status}`,
  pauseMs: () => pauseMs,
})
const paused = (pauseMs: number, status: number, cause = ''): Setback => ({
  state: 'paused',
  status,
  cause: `${status}${cause}`,
  pauseMs: () => pauseMs,
})
const LEASE_MS = 60_000

function pair() {
  const shared = Gate.allocate(2)
  return [new Gate(shared, 0), new Gate(shared, 1), new Gate(shared)] as const
}

/** The lease of the probe, when it is due at once. */
function probeOf(gate: Gate) {
  const pass = gate.admit(LEASE_MS)
  expect(pass).toBeTypeOf('bigint')
  expect(pass).not.toBe(OPEN_PASS)
  return pass ?? OPEN_PASS
}

test('a new gate is open', () => {
  const [gate, , observer] = pair()
  expect(gate.admit(LEASE_MS)).toBe(OPEN_PASS)
  expect(observer.snapshot()).toEqual({
    state: 'open',
    status: 0,
    sinceMs: 0,
    inFlight: 0,
    retries: 0,
    lastSuccessMs: 0,
  })
})

test('a setback closes it for every worker, and only the first one is news', () => {
  const [one, other, observer] = pair()
  expect(one.close(down(LEASE_MS, 503), OPEN_PASS)).toBe(true)
  expect(other.close(down(LEASE_MS, 502), OPEN_PASS)).toBe(false)
  expect(one.admit(LEASE_MS)).toBeUndefined()
  expect(other.admit(LEASE_MS)).toBeUndefined()
  expect(observer.snapshot()).toMatchObject({ state: 'down', status: 503 })
  expect(Date.now() - observer.snapshot().sinceMs).toBeLessThan(10_000)
})

test('when it is due one probe may go, and its success opens the gate for all', () => {
  const [one, other] = pair()
  one.close(down(0), OPEN_PASS)
  const pass = probeOf(one)
  expect(other.admit(LEASE_MS)).toBeUndefined()
  expect(one.answered(pass)).toBeGreaterThanOrEqual(0)
  expect(other.admit(LEASE_MS)).toBe(OPEN_PASS)
})

test('a success of a request from before does not open a closed gate', () => {
  const [one, other] = pair()
  one.close(down(LEASE_MS), OPEN_PASS)
  expect(other.answered(OPEN_PASS)).toBeUndefined()
  expect(other.admit(LEASE_MS)).toBeUndefined()
})

test('a failed probe waits longer from time to time, and a success forgets that', () => {
  const [gate] = pair()
  const seen: number[] = []
  const growing: Setback = {
    state: 'down',
    status: 0,
    cause: '',
    pauseMs: (previousMs) => {
      seen.push(previousMs)
      // Negative, so that the next probe is due at once.
      return -1 - seen.length
    },
  }
  gate.close(growing, OPEN_PASS)
  expect(gate.close(growing, probeOf(gate))).toBe(false)
  gate.close(growing, probeOf(gate))
  gate.answered(probeOf(gate))
  gate.close(growing, OPEN_PASS)
  expect(seen).toEqual([0, -2, -3, 0])
})

test('what a probe learns is told: down becomes paused, and another cause is news', () => {
  const [gate, , observer] = pair()
  gate.close(down(0), OPEN_PASS)
  expect(gate.close(paused(0, 401), probeOf(gate))).toBe(true)
  expect(observer.snapshot()).toMatchObject({ state: 'paused', status: 401 })
  expect(gate.close(paused(0, 401), probeOf(gate))).toBe(false)
  expect(gate.close(paused(0, 403), probeOf(gate))).toBe(true)
  expect(gate.close(paused(0, 403, 'expired'), probeOf(gate))).toBe(true)
  expect(gate.close(paused(0, 403, 'expired'), probeOf(gate))).toBe(false)
  expect(gate.close(down(0, 502), probeOf(gate))).toBe(true)
})

test('a probe given back lets another one go', () => {
  const [one, other] = pair()
  one.close(down(0), OPEN_PASS)
  one.giveBack(probeOf(one))
  probeOf(other)
})

test('a probe whose thread died is replaced when its lease is over, and has no say any more', async () => {
  const [one, other] = pair()
  one.close(down(0), OPEN_PASS)
  const lost = one.admit(20) ?? OPEN_PASS
  expect(other.admit(LEASE_MS)).toBeUndefined()
  await other.wait(never)
  const pass = probeOf(other)
  expect(one.answered(lost)).toBeUndefined()
  expect(one.close(paused(0, 401), lost)).toBe(false)
  expect(other.snapshot().state).toBe('down')
  other.answered(pass)
  expect(one.admit(LEASE_MS)).toBe(OPEN_PASS)
})

test('a receiver that asks for more time while the gate is closed gets it', async () => {
  const [gate] = pair()
  gate.close(down(0), OPEN_PASS)
  gate.postpone(LEASE_MS)
  expect(gate.admit(LEASE_MS)).toBeUndefined()
})

test('strikes count setbacks in a row', () => {
  const [one, other] = pair()
  expect([one.strike(), other.strike()]).toEqual([1, 2])
  one.answered(OPEN_PASS)
  expect(other.strike()).toBe(1)
})

test('counters of all workers are added up, and a mark tells whether messages pass', () => {
  const [one, other, observer] = pair()
  const mark = observer.mark()
  one.began()
  other.began()
  one.retried()
  expect(observer.mark()).toBe(mark)
  other.delivered(3)
  expect(observer.mark()).not.toBe(mark)
  one.ended()
  expect(observer.snapshot()).toMatchObject({ inFlight: 1, retries: 1 })
  expect(Date.now() - observer.snapshot().lastSuccessMs).toBeLessThan(10_000)
})

test('a worker that takes the place of a dead one has nothing in flight', () => {
  const shared = Gate.allocate(1)
  new Gate(shared, 0).began()
  expect(new Gate(shared, 0).snapshot().inFlight).toBe(0)
})

test('a place that was not allocated is refused', () => {
  expect(() => new Gate(Gate.allocate(2), 2)).toThrow(RangeError)
})

describe('waiting', () => {
  test('an open gate needs none', async () => {
    const [gate] = pair()
    await gate.wait(never)
  })

  test('it ends when the next attempt is due', async () => {
    const [gate] = pair()
    gate.close(down(15), OPEN_PASS)
    while (gate.admit(LEASE_MS) === undefined) await gate.wait(never)
  })

  test('it ends at once when the gate opens', async () => {
    const [one, other] = pair()
    one.close(down(0), OPEN_PASS)
    const pass = probeOf(one)
    const woken = other.wait(never)
    one.answered(pass)
    await woken
  })

  test('it ends on abort and leaves no timer', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    const [gate] = pair()
    gate.close(down(LEASE_MS), OPEN_PASS)
    const stop = new AbortController()
    const waits = [gate.wait(stop.signal), gate.wait(stop.signal)]
    expect(timers()).toBe(before + 2)
    stop.abort()
    await Promise.all(waits)
    expect(timers()).toBe(before)
  })
})

describe('across threads', () => {
  const workers: Worker[] = []
  /** A thread may speak before it is known to be there. */
  const firstWords = new Map<Worker, Promise<unknown[]>>()
  const firstOf = (worker: Worker | undefined) => (worker && firstWords.get(worker)) ?? Promise.resolve([])
  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.terminate()
  })

  async function start(workerData: object): Promise<Worker> {
    const worker = new Worker(new URL('./gateworker.ts', import.meta.url), { workerData })
    workers.push(worker)
    firstWords.set(worker, once(worker, 'message'))
    await once(worker, 'online')
    return worker
  }

  test('one probe goes out of all threads, however many wait for it', async () => {
    const shared = Gate.allocate(3)
    const observer = new Gate(shared, 2)
    observer.close(down(50), OPEN_PASS)
    const threads = await Promise.all([0, 1].map((workerIndex) => start({ shared, workerIndex })))
    const [said] = await Promise.race(threads.map(firstOf))
    expect(said).toMatchObject({ probe: true })
    const first = said as { workerIndex: number } // checked above
    expect(observer.admit(LEASE_MS)).toBeUndefined()
    const prober = threads[first.workerIndex]
    const told = Promise.all([prober && once(prober, 'message'), firstOf(threads[1 - first.workerIndex])])
    prober?.postMessage('answered')
    // The probe tells that it opened the gate; the other thread that it was let through.
    expect((await told).map((words) => words?.[0])).toEqual(
      expect.arrayContaining([
        { workerIndex: first.workerIndex, opened: true },
        { workerIndex: 1 - first.workerIndex, probe: false },
      ]),
    )
  })

  test('a thread that waits for the gate may end, and one that is killed with the probe does not keep it', async () => {
    const shared = Gate.allocate(2)
    const gate = new Gate(shared, 1)
    gate.close(down(0), OPEN_PASS)
    const thread = await start({ shared, workerIndex: 0, leaseMs: 100 })
    const [message] = await firstOf(thread)
    expect(message).toMatchObject({ probe: true })
    await thread.terminate()
    while (gate.admit(LEASE_MS) === undefined) await gate.wait(never)
  })
})
