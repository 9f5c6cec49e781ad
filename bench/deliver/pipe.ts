import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { ANSWER } from './receiver.ts'

/** Requests that are written before the first answer. */
const WINDOW = 64

/** What the receiver itself can take: requests made beforehand, written to one socket without waiting for answers. */
export class Pipe {
  readonly #socket: Socket
  readonly #request: Buffer

  static async open(port: number, body: Uint8Array): Promise<Pipe> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    return new Pipe(socket, body)
  }

  private constructor(socket: Socket, body: Uint8Array) {
    this.#socket = socket
    const head = `POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
    this.#request = Buffer.concat([Buffer.from(head), body])
  }

  /** Resolves when `requests` requests were answered. */
  send(requests: number, window = WINDOW): Promise<void> {
    const socket = this.#socket
    let toWrite = requests
    let bytesDue = requests * ANSWER.length
    return new Promise((resolve, reject) => {
      const write = (count: number) => {
        const now = Math.min(count, toWrite)
        toWrite -= now
        if (now > 0) socket.write(now === 1 ? this.#request : Buffer.concat(Array(now).fill(this.#request)))
      }
      const take = (answers: Buffer) => {
        const before = Math.ceil(bytesDue / ANSWER.length)
        bytesDue -= answers.length
        if (bytesDue === 0) {
          socket.off('data', take).off('error', reject)
          resolve()
        } else {
          write(before - Math.ceil(bytesDue / ANSWER.length))
        }
      }
      socket.on('data', take).once('error', reject)
      write(window)
    })
  }

  close(): void {
    this.#socket.destroy()
  }
}
