import { once } from 'node:events'
import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { connect, type Server } from 'node:net'

/** The owner and the group of who connects. */
const MODE = 0o660

/**
 * Resolves when `server` listens on a socket file, readable and writable for its owner and group. One that nobody answers on is
 * replaced; anything else at that path is left alone, and the error is that of the system. Closing the server removes the file.
 */
export async function listenAt(server: Server, path: string): Promise<void> {
  await removeStale(path)
  const listening = once(server, 'listening')
  server.listen(path)
  await listening
  chmodSync(path, MODE)
}

async function removeStale(path: string): Promise<void> {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return
  const socket = connect(path)
  try {
    await once(socket, 'connect')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') unlinkSync(path)
  } finally {
    socket.destroy()
  }
}
