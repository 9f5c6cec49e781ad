import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port of loopback that nobody has now: for what must be found there again after it was down, or cannot tell its own. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}
