import { Bell } from './bell.ts'
import { monotonicMs, wallMs } from './clock.ts'
import { Lease, type Token } from './lease.ts'

/** Leave to send one request: `OPEN_PASS` while the gate is open, a lease for the one probe while it is closed. */
export type Pass = Token
export const OPEN_PASS: Pass = 0n

/** What closes the gate. `pauseMs` gives the time to the next attempt from the one before (0 at first). */
export interface Setback {
  state: 'down' | 'paused'
  /** HTTP status; 0 when there was none. */
  status: number
  /** In words; while the gate is paused other words are news. */
  cause: string
  pauseMs(previousMs: number): number
}

export interface Snapshot {
  state: 'open' | 'down' | 'paused'
  status: number
  /** This and the last success: ms since 1970, 0 for never. */
  sinceMs: number
  inFlight: number
  retries: number
  lastSuccessMs: number
}

const STATES = ['open', 'down', 'paused'] as const
const OPEN = 0

// Shared memory: a head of two cache lines, then one cache line a worker, so that counting in one thread does not
// slow the others.
//
//   0    Int32     state, status, strikes, bell, pause, cause
//   64   BigInt64  since, due (both ms on the monotonic clock), lease
//   128  worker 0: Int32 in flight, retries, delivered; BigInt64 last success
//   192  worker 1 …
const STATE = 0
const STATUS = 1
const STRIKES = 2
const BELL = 3
const PAUSE = 4
const CAUSE = 5
const SINCE = 8
const DUE = 9
const LEASE = 10
const LINE_BYTES = 64
const HEAD_BYTES = 2 * LINE_BYTES

/** Of one worker, in words of 4 bytes from the start of its line; the last success in words of 8. */
const IN_FLIGHT = 0
const RETRIES = 1
const DELIVERED = 2
const LAST_SUCCESS = 2

/** The time of the last success is told no finer, to spare a write a message. */
const SUCCESS_STEP_MS = 50

/**
 * What every worker thread and the main thread know of one destination, in shared memory. While it is open all may
 * send. A setback closes it for all: `down` (network, overload) or `paused` (the operator has to mend something).
 * Then one probe at a time goes through when it is due, and its success opens the gate for all and forgets the
 * back-off. A probe whose thread dies loses its lease after a while.
 */
export class Gate {
  readonly #ints: Int32Array
  readonly #longs: BigInt64Array
  readonly #bell: Bell
  readonly #lease: Lease
  readonly #workers: number
  readonly #own: number
  #successMs = 0

  static allocate(workers: number): SharedArrayBuffer {
    return new SharedArrayBuffer(HEAD_BYTES + workers * LINE_BYTES)
  }

  /** Without a `workerIndex` the gate is only looked at. A worker index belongs to one living thread at a time. */
  constructor(shared: SharedArrayBuffer, workerIndex?: number) {
    this.#ints = new Int32Array(shared)
    this.#longs = new BigInt64Array(shared)
    this.#bell = new Bell(this.#ints, BELL)
    this.#lease = new Lease(this.#longs, LEASE)
    this.#workers = (shared.byteLength - HEAD_BYTES) / LINE_BYTES
    this.#own = workerIndex ?? -1
    if (this.#own >= this.#workers) throw new RangeError(`worker ${workerIndex} of ${this.#workers}`)
    // Requests of a thread that died with this index died with it.
    if (this.#own >= 0) Atomics.store(this.#ints, line(this.#own) + IN_FLIGHT, 0)
  }

  /** Leave to send now, or undefined. A pass other than `OPEN_PASS` must be ended by `answered`, `close` or `giveBack`. */
  admit(leaseMs: number): Pass | undefined {
    if (Atomics.load(this.#ints, STATE) === OPEN) return OPEN_PASS
    const nowMs = monotonicMs()
    return this.#time(DUE) > nowMs ? undefined : this.#lease.take(nowMs, leaseMs)
  }

  /** Resolves when `admit` is worth asking again: the gate changed, or a probe is due. Also when `signal` aborts. */
  wait(signal: AbortSignal): Promise<void> {
    const rings = this.#bell.rings
    if (Atomics.load(this.#ints, STATE) === OPEN) return Promise.resolve()
    return this.#bell.wait(rings, Math.max(this.#time(DUE), this.#lease.endMs) - monotonicMs(), signal)
  }

  /** The receiver is there and works. When that opened the gate: how long it was closed, in milliseconds. */
  answered(pass: Pass): number | undefined {
    if (Atomics.load(this.#ints, STRIKES) !== 0) Atomics.store(this.#ints, STRIKES, 0)
    if (pass === OPEN_PASS || !this.#lease.holds(pass)) return undefined
    const nowMs = monotonicMs()
    const closedMs = nowMs - this.#time(SINCE)
    this.#setTime(DUE, 0)
    this.#setTime(SINCE, nowMs)
    Atomics.store(this.#ints, PAUSE, 0)
    Atomics.store(this.#ints, STATUS, 0)
    Atomics.store(this.#ints, STATE, OPEN)
    this.#lease.release(pass)
    this.#bell.ring()
    return closedMs
  }

  /** Setbacks in a row, this one included, with no answer that was good in between. */
  strike(): number {
    return Atomics.add(this.#ints, STRIKES, 1) + 1
  }

  /**
   * Closes the gate, or keeps it closed when a probe failed. A setback of a request that went out before the gate
   * was closed changes nothing. True when this call brought a new state, which is then worth a line in the log.
   */
  close(setback: Setback, pass: Pass): boolean {
    const state = STATES.indexOf(setback.state)
    if (pass === OPEN_PASS) {
      if (Atomics.compareExchange(this.#ints, STATE, OPEN, state) !== OPEN) return false
      this.#setTime(SINCE, monotonicMs())
      this.#putOff(setback)
      Atomics.store(this.#ints, STATUS, setback.status)
      Atomics.store(this.#ints, CAUSE, digest(setback.cause))
      this.#bell.ring()
      return true
    }
    if (!this.#lease.holds(pass)) return false
    this.#putOff(setback)
    Atomics.store(this.#ints, STATUS, setback.status)
    const cause = digest(setback.cause)
    const mended = Atomics.exchange(this.#ints, CAUSE, cause) !== cause
    const changed = Atomics.exchange(this.#ints, STATE, state) !== state
    this.giveBack(pass)
    return changed || (setback.state === 'paused' && mended)
  }

  /** Keeps a closed gate closed for `ms` at least: a receiver said so while the gate was already closed. */
  postpone(ms: number): void {
    const untilMs = monotonicMs() + ms
    if (untilMs > this.#time(DUE)) this.#setTime(DUE, untilMs)
  }

  /** The probe was broken off and says nothing of the receiver: another one may go. */
  giveBack(pass: Pass): void {
    if (pass !== OPEN_PASS && this.#lease.release(pass)) this.#bell.ring()
  }

  began(): void {
    Atomics.add(this.#ints, line(this.#own) + IN_FLIGHT, 1)
  }

  ended(): void {
    Atomics.sub(this.#ints, line(this.#own) + IN_FLIGHT, 1)
  }

  retried(): void {
    Atomics.add(this.#ints, line(this.#own) + RETRIES, 1)
  }

  delivered(messages: number): void {
    Atomics.add(this.#ints, line(this.#own) + DELIVERED, messages)
    const nowMs = monotonicMs()
    if (nowMs - this.#successMs < SUCCESS_STEP_MS) return
    this.#successMs = nowMs
    this.#setTime(line(this.#own) / 2 + LAST_SUCCESS, nowMs)
  }

  /** Changes whenever any thread delivers a message: two readings that differ say that messages pass. */
  mark(): number {
    return this.#sum(DELIVERED)
  }

  snapshot(): Snapshot {
    return {
      state: STATES[Atomics.load(this.#ints, STATE)] ?? 'open',
      status: Atomics.load(this.#ints, STATUS),
      sinceMs: wall(this.#time(SINCE)),
      inFlight: this.#sum(IN_FLIGHT),
      retries: this.#sum(RETRIES) >>> 0,
      lastSuccessMs: wall(this.#lastSuccessMs()),
    }
  }

  #putOff(setback: Setback): void {
    const pauseMs = setback.pauseMs(Atomics.load(this.#ints, PAUSE))
    if (setback.state === 'down') Atomics.store(this.#ints, PAUSE, pauseMs)
    this.#setTime(DUE, monotonicMs() + pauseMs)
  }

  #sum(field: number): number {
    let sum = 0
    for (let worker = 0; worker < this.#workers; worker++) {
      sum = (sum + Atomics.load(this.#ints, line(worker) + field)) | 0
    }
    return sum
  }

  #lastSuccessMs(): number {
    let last = 0
    for (let worker = 0; worker < this.#workers; worker++) {
      last = Math.max(last, this.#time(line(worker) / 2 + LAST_SUCCESS))
    }
    return last
  }

  #time(index: number): number {
    return Number(Atomics.load(this.#longs, index))
  }

  #setTime(index: number, ms: number): void {
    Atomics.store(this.#longs, index, BigInt(Math.round(ms)))
  }
}

/** Of words, for a cell of shared memory. */
function digest(words: string): number {
  let sum = 0
  for (let i = 0; i < words.length; i++) sum = (Math.imul(sum, 31) + words.charCodeAt(i)) | 0
  return sum
}

const wall = (momentMs: number): number => (momentMs === 0 ? 0 : wallMs(momentMs))

/** Where the line of a worker starts, in words of 4 bytes. */
const line = (worker: number): number => (HEAD_BYTES + worker * LINE_BYTES) / Int32Array.BYTES_PER_ELEMENT
