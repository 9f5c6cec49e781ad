import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import { AUTH, type Frame, framed, frameIn, MAY_WRITE, TAG } from './frames.ts'
import type { Address, Profile } from './profile.ts'

/** For name, connection, TLS and the manager's answer together. */
const CONNECT_MS = 10_000
/** A manager that is gone without a word is noticed some minutes later, while nothing is sent. */
const KEEPALIVE_MS = 60_000

/** A connection over which messages may be sent. The manager never says that it has one. */
export interface Line {
  /** Resolves when the frames are with the operating system; rejects when the connection ends before. */
  write(frames: readonly Buffer[]): Promise<void>
  /** Resolves when it has ended, whoever ended it. */
  closed: Promise<void>
  /** Ends it when all that was written is sent. */
  end(): void
}

/**
 * Connects to a manager. Nothing is sent before its certificate was found to be exactly one of those that were taken down when we
 * registered: stricter than an authority, and what is sent after that goes to nobody else.
 *
 * @throws {Error} in words for the operator
 */
export async function openLine(
  { key, trusted }: Profile,
  certificate: string,
  address: Address,
  signal: AbortSignal,
): Promise<Line> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)])
  // With `ca`, OpenSSL would append the issuer to our certificate, and a manager takes one alone. The pin stands in for it.
  const socket = connect({
    ...address,
    key,
    cert: certificate,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
  })
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => undefined) // told where it is waited for
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', (error) => failed.reject(error))
  void closed.then(() => failed.reject(new Error('the manager closed the connection')))
  const give = () => failed.reject(signal.aborted ? new Error('stopped') : new Error('no answer in time'))
  deadline.addEventListener('abort', give)
  try {
    await Promise.race([once(socket, 'secureConnect'), failed.promise])
    checkPin(socket, trusted)
    await Promise.race([admitted(socket), failed.promise])
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    deadline.removeEventListener('abort', give)
  }
  socket.setKeepAlive(true, KEEPALIVE_MS).setNoDelay(true)
  // Whatever it says from now on is not for those who only send.
  socket.resume()
  const line: Line = {
    closed,
    end: () => void socket.end(),
    async write(frames) {
      for (const frame of frames) await Promise.race([written(socket, frame), failed.promise])
    },
  }
  await line.write(framed(TAG.capability, 0, CAPABILITY))
  return line
}

/**
 * One after another, so that each is a record of TLS by itself: a manager looks for the next frame when its socket becomes readable,
 * and a frame that came in the same record would lie there until then.
 */
function written(socket: TLSSocket, frame: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(frame, (error) => (error ? reject(error) : resolve()))
  })
}

/** An empty value whose tag is the permission. */
const CAPABILITY = Buffer.of(MAY_WRITE, 0, 0, 0, 0)

function checkPin(socket: TLSSocket, trusted: Profile['trusted']): void {
  const theirs = socket.getPeerX509Certificate()
  const known = theirs && trusted.find(({ raw }) => raw.equals(theirs.raw))
  if (!known) throw new Error('the manager shows another certificate than when we registered')
  const now = Date.now()
  if (now < Date.parse(known.validFrom) || now > Date.parse(known.validTo))
    throw new Error(
      `the certificate of the manager is valid from ${known.validFrom} to ${known.validTo} only`,
    )
}

async function admitted(socket: TLSSocket): Promise<void> {
  const { tag, values } = await firstFrame(socket)
  if (tag === TAG.auth && values.includes(AUTH.accepted)) return
  throw new Error('the manager does not admit this profile')
}

async function firstFrame(socket: TLSSocket): Promise<Frame> {
  let received = Buffer.alloc(0)
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer] // no encoding was set
    received = Buffer.concat([received, chunk])
    const frame = frameIn(received)
    if (frame) return frame
  }
}
