import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync } from 'node:fs'
import { extname, relative, resolve, sep } from 'node:path'
import type { MappingFunction } from '../mapping/rules.ts'

// Cameras write pictures beside their log; a message that has one is worth a walk to the window. Conversion is pure otherwise, and
// this is the one thing in it that reads: here, because the path is known only when the record is, and nothing of a
// record ever reaches the main thread. It is asked for by name, in one directory, and bounded: one picture a message, no larger
// than the operator said, read at once by a worker, which waits for the disk elsewhere too. A picture that is gone costs the
// message nothing but the picture.

/** By the end of the name; only to tell what a file is that is not read. */
const TYPES: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.ppm': 'image/x-portable-pixmap',
  '.grey': 'application/octet-stream',
  '.mkv': 'video/x-matroska',
  '.mp4': 'video/mp4',
  '.avi': 'video/x-msvideo',
  '.mov': 'video/quicktime',
  '.flv': 'video/x-flv',
  '.webm': 'video/webm',
}

/** By the first bytes: no other file is sent, whatever its name. */
const PICTURES: readonly (readonly [first: RegExp, type: string])[] = [
  [/^\xff\xd8\xff/, 'image/jpeg'],
  [/^\x89PNG\r\n/, 'image/png'],
  [/^GIF8[79]a/, 'image/gif'],
  [/^RIFF[\s\S]{4}WEBP/, 'image/webp'],
  [/^P[36]\s/, 'image/x-portable-pixmap'],
]

/**
 * `[name, paths, directory, address, most bytes]` → an Attachment for the first of `paths` that is there: with its content, size
 * and SHA-256 when `most bytes` is given, the file is a picture, not larger, and in `directory` or below it, wherever links lead.
 * What is not sent is told with the reason; `address`, where there is one, says where it can be fetched. Nothing without a path.
 */
export const picture: MappingFunction = (name, paths, directory, address, maxBytes) => {
  const candidates = [paths].flat().filter((path) => typeof path === 'string' && path !== '')
  const [first] = candidates
  if (typeof first !== 'string') return undefined
  const wanted = typeof directory === 'string' && typeof maxBytes === 'number'
  const seen = wanted ? look(candidates.map(String), directory, maxBytes) : { path: first }
  const type = TYPES[extname(seen.path).toLowerCase()]
  return {
    Name: name,
    FileName: seen.path,
    ...(type !== undefined && { ContentType: type }),
    ExternalURI: address,
    ...contentOf(seen),
  }
}

interface Seen {
  path: string
  bytes?: Buffer
  size?: number
  /** Why it is not sent. */
  reason?: string
}

function contentOf({ bytes, size, reason }: Seen) {
  if (bytes === undefined) return { Size: size, Note: reason && `not attached: ${reason}` }
  return {
    ContentType: pictureType(bytes),
    ContentEncoding: 'base64',
    Size: bytes.length,
    Hash: [`sha-256:${createHash('sha256').update(bytes).digest('hex')}`],
    Content: bytes.toString('base64'),
  }
}

function look(paths: readonly string[], directory: string, maxBytes: number): Seen {
  let missing: Seen | undefined
  for (const path of paths) {
    const seen = read(path, directory, maxBytes)
    if (seen.reason !== MISSING) return seen
    missing ??= seen
  }
  return missing ?? { path: '' }
}

const MISSING = 'the file is not there'

function read(path: string, directory: string, maxBytes: number): Seen {
  let fd: number | undefined
  try {
    const root = realpathSync(directory)
    const real = realpathSync(resolve(directory, path))
    if (isOutside(relative(root, real))) return { path, reason: 'the file is not in the directory' }
    // Neither a pipe, which would keep the worker waiting, nor a link that took the file's place since.
    fd = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const { dev, ino, size } = fstatSync(fd)
    const there = lstatSync(real)
    if (realpathSync(real) !== real || there.dev !== dev || there.ino !== ino)
      return { path, reason: 'the file was replaced meanwhile' }
    if (!there.isFile()) return { path, reason: 'it is no regular file' }
    if (size > maxBytes) return { path, size, reason: `it is larger than ${maxBytes} bytes` }
    const bytes = Buffer.alloc(size)
    const whole = bytes.subarray(0, readSync(fd, bytes, 0, size, 0))
    if (pictureType(whole) === undefined) return { path, size, reason: 'it is no picture' }
    return { path, bytes: whole }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return { path, reason: code === 'ENOENT' ? MISSING : `it cannot be read (${code})` }
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

const isOutside = (inside: string) =>
  inside === '..' || inside.startsWith(`..${sep}`) || inside.startsWith(sep)

function pictureType(bytes: Buffer): string | undefined {
  const head = bytes.toString('latin1', 0, 16)
  return PICTURES.find(([first]) => first.test(head))?.[1]
}
