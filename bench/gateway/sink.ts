import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { AUTH, framed, TAG } from '../../src/gateway/prelude/frames.ts'

// A Prelude manager as far as a sender can see it: admits whoever comes, and tells how many bytes it has read. Its arguments
// are a key and a certificate.

const [, , key = '', cert = ''] = process.argv
let read = 0
let isTelling = false

const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
  for (const frame of framed(TAG.auth, 0, Buffer.of(AUTH.accepted, 0, 0, 0, 0))) socket.write(frame)
  socket.on('data', ({ length }) => {
    read += length
    if (isTelling) return
    isTelling = true
    setImmediate(() => {
      isTelling = false
      process.send?.({ read })
    })
  })
  socket.on('error', () => socket.destroy())
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo // it listens on TCP
  process.send?.({ port })
})
process.once('disconnect', () => process.exit())
