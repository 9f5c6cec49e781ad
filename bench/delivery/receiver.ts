import { type AddressInfo, createServer, type Socket } from 'node:net'
import { ANSWER, RequestCounter } from '../deliver/receiver.ts'

// The receiver of whole runs, in a process of its own. It reads just enough HTTP/1.1 to answer each request, counts the
// messages in the bodies, and keeps their IDs to be counted after the run, so that the run does not wait for that.

/** How a message begins: what follows is its ID. */
export const MARK = '"Version":"2.D.V08","ID":"'
const ID_BYTES = 36
const CREATED = '"CreateTime":"'

/** What the parent asks: to begin a run of so many messages, or to stop reading for a while. */
export type Order = ({ begin: number } & Ways) | { stall: boolean }

/** What a peer needs, where it is not as ours. */
export interface Expecting {
  /** What stands before the ID of each message. */
  mark?: string
  /** JSON that answers each request, with 200 instead of 204. */
  answer?: string
}

export interface Ways extends Expecting {
  /** Measure how long each message was under way. */
  latencies?: boolean
  /** A message may come again: the run ends when so many different ones came. */
  repeats?: boolean
}

/** The end of a run. Times are seconds on the monotonic clock of the machine. */
export interface Receipt {
  requests: number
  messages: number
  distinct: number
  first: number
  last: number
  /** CPU time of this process since the run began. */
  cpuSeconds: number
  /** Milliseconds from the time in the message to our answer, where asked for. */
  latencies: number[]
}

/** Finds the messages in a stream of bytes, wherever it is cut into pieces. */
export class Messages {
  readonly #mark: Buffer
  /** Of a mark and the ID behind it. */
  readonly #span: number
  /** The end of the stream so far: a message may begin in it. */
  #tail: Buffer = Buffer.alloc(0)

  constructor(mark = MARK) {
    this.#mark = Buffer.from(mark)
    this.#span = this.#mark.length + ID_BYTES
  }

  /** Calls `found` with the place of each ID. */
  take(piece: Buffer, found: (bytes: Buffer, at: number) => void): void {
    const span = this.#span
    const joint = Buffer.concat([this.#tail, piece.subarray(0, span)])
    // What begins in the piece itself is found below.
    this.#search(joint, Math.min(joint.length, this.#tail.length + span - 1), found)
    this.#search(piece, piece.length, found)
    const end = piece.length >= span ? piece : joint
    this.#tail = Buffer.from(end.subarray(Math.max(0, end.length - span + 1)))
  }

  #search(bytes: Buffer, end: number, found: (bytes: Buffer, at: number) => void): void {
    const [mark, span] = [this.#mark, this.#span]
    for (let at = bytes.indexOf(mark); at >= 0 && at + span <= end; at = bytes.indexOf(mark, at + span)) {
      found(bytes, at + mark.length)
    }
  }
}

class Run {
  readonly expected: number
  readonly mark: string | undefined
  readonly answer: Buffer
  readonly #latencies: number[] | undefined
  /** IDs so far, where messages may come again. */
  readonly #seen: Set<string> | undefined
  readonly #ids: Buffer
  readonly #cpu = process.cpuUsage()
  requests = 0
  messages = 0
  #first = 0
  #last = 0

  constructor(expected: number, { latencies, repeats, mark, answer }: Ways = {}) {
    this.expected = expected
    this.mark = mark
    this.answer = answer === undefined ? ANSWER : answerOf(answer)
    this.#latencies = latencies ? [] : undefined
    this.#seen = repeats ? new Set() : undefined
    this.#ids = Buffer.alloc((expected + 1) * ID_BYTES)
  }

  readonly found = (bytes: Buffer, at: number): void => {
    if (this.#seen) {
      const id = bytes.toString('latin1', at, at + ID_BYTES)
      if (this.#seen.has(id)) return
      this.#seen.add(id)
    }
    bytes.copy(this.#ids, this.messages * ID_BYTES, at, at + ID_BYTES)
    if (this.messages++ === 0) this.#first = seconds()
    if (this.#latencies) this.#latencies.push(ageMs(bytes, at))
  }

  answered(requests: number): void {
    this.requests += requests
    this.#last = seconds()
  }

  receipt(): Receipt {
    const { user, system } = process.cpuUsage(this.#cpu)
    return {
      requests: this.requests,
      messages: this.messages,
      distinct: this.#distinct(),
      first: this.#first,
      last: this.#last,
      cpuSeconds: (user + system) / 1e6,
      latencies: this.#latencies ?? [],
    }
  }

  #distinct(): number {
    const ids = new Set<string>()
    for (let i = 0; i < this.messages; i++)
      ids.add(this.#ids.toString('latin1', i * ID_BYTES, (i + 1) * ID_BYTES))
    return ids.size
  }
}

const answerOf = (body: string): Buffer =>
  Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )

/** Since the moment a message carries, which whoever wrote the record took from the clock of this machine. */
function ageMs(bytes: Buffer, from: number): number {
  const at = bytes.indexOf(CREATED, from) + CREATED.length
  const [, whole = '', micros = '0'] = /^([^.]+)\.(\d+)/.exec(bytes.toString('latin1', at, at + 27)) ?? []
  return performance.timeOrigin + performance.now() - Date.parse(`${whole}Z`) - Number(micros) / 1000
}

const seconds = (): number => Number(process.hrtime.bigint()) / 1e9

function serve(): void {
  let run = new Run(0)
  const sockets = new Set<Socket>()
  let stalled = false
  const server = createServer({ noDelay: true }, (socket) => {
    const requests = new RequestCounter()
    const messages = new Messages(run.mark)
    sockets.add(socket)
    if (stalled) socket.pause()
    socket.on('data', (piece) => {
      messages.take(piece, run.found)
      const complete = requests.take(piece)
      if (complete === 0) return
      socket.write(complete === 1 ? run.answer : Buffer.concat(Array(complete).fill(run.answer)))
      const before = run.messages - run.expected
      run.answered(complete)
      if (before >= 0 && run.expected > 0) finish()
    })
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  })
  const finish = () => {
    process.send?.(run.receipt())
    run = new Run(0)
  }
  server.listen(0, '127.0.0.1', () => {
    process.send?.({ port: (server.address() as AddressInfo).port }) // it listens on TCP
  })
  process.on('message', (order: Order) => {
    if ('begin' in order) {
      run = new Run(order.begin, order)
      return
    }
    stalled = order.stall
    for (const socket of sockets) stalled ? socket.pause() : socket.resume()
  })
  process.on('disconnect', () => process.exit())
}

if (process.send !== undefined && import.meta.main) serve()
