import { type AddressInfo, createServer } from 'node:net'

// The receiver that benchmarks post to, in a process of its own: it answers every request 204 and counts. It reads
// just enough HTTP/1.1 for that, so that it is not what is measured.

export const ANSWER = Buffer.from('HTTP/1.1 204 No Content\r\n\r\n')
const HEAD_END = '\r\n\r\n'

/** Counts the requests in a stream of bytes; gives how many were complete with each piece. */
export class RequestCounter {
  #head: Buffer = Buffer.alloc(0)
  /** Of the current body, what has not come yet. */
  #bodyLeft = 0

  take(piece: Buffer): number {
    let bytes = this.#head.length > 0 ? Buffer.concat([this.#head, piece]) : piece
    this.#head = Buffer.alloc(0)
    let complete = 0
    while (bytes.length > 0) {
      if (this.#bodyLeft === 0) {
        const end = bytes.indexOf(HEAD_END)
        if (end < 0) {
          this.#head = bytes
          return complete
        }
        this.#bodyLeft = contentLength(bytes.toString('latin1', 0, end))
        bytes = bytes.subarray(end + HEAD_END.length)
      }
      const taken = Math.min(this.#bodyLeft, bytes.length)
      this.#bodyLeft -= taken
      bytes = bytes.subarray(taken)
      if (this.#bodyLeft === 0) complete++
    }
    return complete
  }
}

function contentLength(head: string): number {
  const [, digits = '0'] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? []
  return Number(digits)
}

function serve(): void {
  let requests = 0
  const server = createServer({ noDelay: true }, (socket) => {
    const counter = new RequestCounter()
    socket.on('data', (piece) => {
      const complete = counter.take(piece)
      requests += complete
      if (complete > 0) socket.write(complete === 1 ? ANSWER : Buffer.concat(Array(complete).fill(ANSWER)))
    })
    socket.on('error', () => socket.destroy())
  })
  server.listen(0, '127.0.0.1', () => {
    process.send?.({ port: (server.address() as AddressInfo).port }) // it listens on TCP
  })
  process.on('message', () => process.send?.({ requests }))
  process.on('disconnect', () => process.exit())
}

if (process.send !== undefined && import.meta.main) serve()
