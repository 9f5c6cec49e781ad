import { randomBytes } from 'node:crypto'
import { closeSync, ftruncateSync, openSync, read, unlinkSync, write } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { constants, createGunzip, gunzipSync } from 'node:zlib'
import type { FileState } from '../state/checkpoint.ts'
import { reason } from '../state/edges.ts'
import { OpenFile } from './file.ts'
import { FRONTIER_BYTES, HEAD_BYTES } from './identity.ts'

/** Of a compressed file; enough for the head of any other. */
const PACKED_HEAD_BYTES = 16 * 1024

/** Read at a time. */
const CHUNK_BYTES = 256 * 1024

const readAt = promisify(read)
const writeAt = promisify(write)

export function canUnpack(path: string): boolean {
  return path.endsWith('.gz')
}

/** A compressed file that waits for its turn: to be read from where `state` stopped. */
export class Packed {
  readonly path: string
  readonly file: OpenFile
  readonly state: FileState

  /** Takes over the caller's hold on `file`. */
  constructor(path: string, file: OpenFile, state: FileState) {
    this.path = path
    this.file = file
    this.state = state
  }
}

/** The first bytes of what is in a compressed file, at most 1 KiB; empty when nothing is, or it is none. */
export function packedHead(file: OpenFile): Buffer {
  try {
    const packed = file.read(0, PACKED_HEAD_BYTES)
    return gunzipSync(packed, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, HEAD_BYTES)
  } catch {
    // Not gzip, whatever its name says.
    return Buffer.alloc(0)
  }
}

/** Bytes of what is in a compressed file as its end has it (RFC 1952, ISIZE): of one below 4 GiB, in one piece. */
export function packedSize(file: OpenFile): number {
  const end = file.read(Math.max(0, file.size - 4), 4)
  return end.length === 4 ? end.readUInt32LE() : 0
}

/**
 * Unpacks what is needed of a compressed file into one in `directory` that has no name: all from `from` on, the head,
 * and the bytes before `from`. Everything stands at its own offset (what is between is a hole that takes no room), so
 * the file is recognised, read, and its lines get their IDs as if it had never been compressed. `damage` says why the
 * end is missing, if it is.
 *
 * @throws Error of the file system, or when `signal` aborts; the hold on `packed` stays with the caller then
 */
export async function unpack(
  { path, file: packed, state }: Packed,
  directory: string,
  signal: AbortSignal,
): Promise<{ file: OpenFile; damage?: string }> {
  const from = state.offset
  const fd = hidden(directory)
  let size = 0
  let saving: Promise<void> | undefined
  const save = async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      if (size < HEAD_BYTES || size + chunk.length > from - FRONTIER_BYTES) await writeAll(fd, chunk, size)
      size += chunk.length
    }
  }
  const sink = (chunks: AsyncIterable<Buffer>) => {
    saving = save(chunks)
    return saving
  }
  try {
    const damage = await pipeline(chunksOf(packed), createGunzip(), sink, { signal }).then(
      () => undefined,
      ofZlib,
    )
    await saving?.catch(ofZlib)
    ftruncateSync(fd, size)
    return { file: new OpenFile(path, { fd, packed }), ...(damage && { damage }) }
  } catch (error) {
    // A write that is still on its way must not meet another file under the same number.
    await saving?.catch(() => undefined)
    closeSync(fd)
    throw error
  }
}

/** By position: a stream would close the descriptor with itself. */
async function* chunksOf({ fd }: OpenFile): AsyncGenerator<Buffer, void, void> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await readAt(fd, Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, position)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    position += bytesRead
  }
}

/** What zlib complains of. Anything else is thrown again: it says nothing about the file. */
function ofZlib(error: unknown): string {
  const code = reason(error)
  if (code.startsWith('Z_')) return code
  throw error
}

/** A new file that goes with its descriptor. */
function hidden(directory: string): number {
  const path = join(directory, `unpacked-${randomBytes(8).toString('hex')}`)
  const fd = openSync(path, 'wx+', 0o600)
  unlinkSync(path)
  return fd
}

async function writeAll(fd: number, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await writeAt(fd, bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}
