import { once } from 'node:events'
import http from 'node:http'
import net, { type AddressInfo, type Socket } from 'node:net'

/** A proxy that knows CONNECT alone. `refuse` may be set to a status while it runs. */
export class Tunneller {
  refuse: number | undefined
  readonly tunnels: { to: string; authorization: string | undefined }[] = []
  readonly #sockets = new Set<Socket>()
  readonly #server = http.createServer((_, response) => response.writeHead(405).end())

  constructor() {
    this.#server.on('connect', (request, socket: Socket) => {
      const to = request.url ?? ''
      this.tunnels.push({ to, authorization: request.headers['proxy-authorization'] })
      this.#keep(socket)
      if (this.refuse !== undefined) {
        socket.end(`HTTP/1.1 ${this.refuse} No\r\nContent-Length: 0\r\n\r\n`)
        return
      }
      const { hostname, port } = new URL(`http://${to}`)
      const onward = this.#keep(net.connect(Number(port), hostname))
      onward.once('connect', () => {
        socket.write('HTTP/1.1 200 Connected\r\n\r\n')
        socket.pipe(onward).pipe(socket)
      })
      onward.once('close', () => socket.destroy())
    })
  }

  get port(): number {
    // An address object: the server listens on TCP.
    return (this.#server.address() as AddressInfo).port
  }

  async listen(port = 0): Promise<this> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #keep(socket: Socket): Socket {
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#sockets.delete(socket))
    this.#sockets.add(socket)
    return socket
  }
}
