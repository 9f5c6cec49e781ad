import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createServer, type DetailedPeerCertificate, type Server, type TLSSocket } from 'node:tls'
import { AUTH, framed, TAG } from '../../src/gateway/prelude/frames.ts'
import type { Pair } from '../delivery/certificates.ts'
import { decode, textIn, type Value } from './decode.ts'

/** What a Prelude manager does with those who send, as far as they can see it. */
export class Manager {
  readonly messages: Value[] = []
  /** In the heads of their frames: seconds and microseconds. */
  readonly times: [number, number][] = []
  /** Of clients that were admitted. */
  readonly capabilities: Buffer[] = []
  /** Certificates that each client showed. */
  readonly shown: number[] = []
  answer: number = AUTH.accepted
  readonly #pair: Pair
  readonly #sockets = new Set<TLSSocket>()
  #server: Server | undefined
  #port = 0

  constructor(pair: Pair) {
    this.#pair = pair
  }

  async start(): Promise<{ host: string; port: number }> {
    const { cert, key } = this.#pair
    const options = {
      cert: readFileSync(cert),
      key: readFileSync(key),
      requestCert: true,
      rejectUnauthorized: false,
    }
    this.#server = createServer(options, (socket) => this.#welcome(socket))
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port // it has a port
    return { host: '127.0.0.1', port: this.#port }
  }

  /** Cuts every connection, and takes none until it is started again. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    const closed = server && new Promise((resolve) => server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** In the order of their coming; heartbeats of the gateway by what they say. */
  get names(): string[] {
    return this.messages.map((message) => {
      const status = message.inner?.find(({ tag }) => tag === 0)
      if (message.tag === 28 && status && textIn(status, 30) === 'Analyzer status')
        return `(${status.inner?.at(-1)?.bytes.toString().replace('\0', '')})`
      return textIn(message, 29) ?? ''
    })
  }

  #welcome(socket: TLSSocket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    this.shown.push(chainLength(socket))
    for (const frame of framed(TAG.auth, 0, Buffer.of(this.answer, 0, 0, 0, 0))) socket.write(frame)
    let received = Buffer.alloc(0)
    let parts: Buffer[] = []
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 16 && received.length >= 16 + received.readUInt32BE(4)) {
        const [tag, more] = [received[1], received[3]]
        const end = 16 + received.readUInt32BE(4)
        this.times.push([received.readUInt32BE(8), received.readUInt32BE(12)])
        parts.push(received.subarray(16, end))
        received = received.subarray(end)
        if (more === 1) continue
        const content = Buffer.concat(parts)
        parts = []
        if (tag === TAG.capability) this.capabilities.push(content)
        else this.messages.push(decode(content))
      }
    })
  }
}

/** A manager refuses whoever shows more than one. */
function chainLength(socket: TLSSocket): number {
  let length = 0
  let at: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
  while (at?.raw) {
    length += 1
    at = at.issuerCertificate === at ? undefined : at.issuerCertificate
  }
  return length
}

/** A profile as `prelude-admin register` leaves it. */
export function writeProfile(folder: string, name: string, own: Pair, manager: Pair, config = ''): void {
  const path = join(folder, name)
  mkdirSync(path, { recursive: true })
  const files = {
    analyzerid: '2047166518634331\n',
    'client.keycrt': readFileSync(own.cert, 'utf8'),
    'client.trusted': readFileSync(manager.cert, 'utf8'),
    key: readFileSync(own.key, 'utf8'),
    config,
  }
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text)
}
