import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { type Candidate, type Fingerprint, looks } from './identity.ts'
import { pathOf } from './names.ts'

// The calls here are synchronous on purpose: each takes microseconds, and one look at all files sees one state of
// them, with no other step in between.

const NEWLINE = 10
const STEP_BYTES = 64 * 1024

/** Device and inode: one file, whatever its names. */
export function keyOf({ dev, ino }: { dev: bigint; ino: bigint }): string {
  return `${dev}:${ino}`
}

/** Differs after every write, truncation, and change of file. */
export function signatureOf(stat: BigIntStats): string {
  return `${keyOf(stat)}:${stat.size}:${stat.ctimeNs}`
}

/** Undefined when the path names nothing. */
export function statOf(path: string): BigIntStats | undefined {
  return statSync(pathOf(path), { bigint: true, throwIfNoEntry: false })
}

/**
 * A regular file open for reading, and who needs it: the descriptor is closed with the last holder, for worker
 * threads read from it by number.
 */
export class OpenFile implements Candidate {
  readonly fd: number
  /** The compressed file that its bytes were in, if so: it is known by that one, and nothing is ever added to it. */
  readonly packed: OpenFile | undefined
  #stat: BigIntStats
  #looks: Pick<Candidate, 'head' | 'frontier'>
  #holders = 1

  /**
   * Opens a path, or takes over a descriptor with what was unpacked from it, and the hold on the file it was in.
   *
   * @throws Error of the file system, or for what is not a regular file (symbolic links are followed); a FIFO or device is not even opened.
   */
  constructor(path: string, unpacked?: { fd: number; packed: OpenFile }) {
    if (!unpacked) regular(statSync(pathOf(path), { bigint: true }), path)
    this.fd = unpacked?.fd ?? openSync(pathOf(path), constants.O_RDONLY | constants.O_NONBLOCK)
    this.packed = unpacked?.packed
    this.#looks = looks((start, length) => this.read(start, length))
    try {
      this.#stat = regular(fstatSync(this.fd, { bigint: true }), path)
    } catch (error) {
      closeSync(this.fd)
      throw error
    }
  }

  get key(): string {
    return keyOf(this.#named)
  }

  get signature(): string {
    return signatureOf(this.#stat)
  }

  get dev(): string {
    return String(this.#named.dev)
  }

  get ino(): string {
    return String(this.#named.ino)
  }

  get size(): number {
    return Number(this.#stat.size)
  }

  /** Time of the last write, ms since 1970. */
  get changed(): number {
    return Number(this.#named.mtimeNs) / 1e6
  }

  /** Changes with every write and truncation, and cannot be set back. */
  get touched(): bigint {
    return this.#stat.ctimeNs
  }

  /** No name leads to it any more. */
  get unlinked(): boolean {
    return this.#named.nlink === 0n
  }

  /** Looks again; the getters speak of the last look. */
  refresh(): void {
    this.packed?.refresh()
    this.#stat = fstatSync(this.fd, { bigint: true })
    this.#looks = looks((start, length) => this.read(start, length))
  }

  head(length: number): Fingerprint {
    return this.#looks.head(length)
  }

  frontier(offset: number): Fingerprint {
    return this.#looks.frontier(offset)
  }

  /** Fewer bytes than asked for only at the end of the file. */
  read(start: number, length: number): Buffer<ArrayBuffer> {
    const buffer = Buffer.alloc(length)
    let filled = 0
    while (filled < length) {
      const count = readSync(this.fd, buffer, filled, length - filled, start + filled)
      if (count === 0) break
      filled += count
    }
    return buffer.subarray(0, filled)
  }

  /** The offset after the last newline in `[low, high)`, looked for from the end. */
  lineEnd(low: number, high: number): number | undefined {
    for (let end = high; end > low; end -= STEP_BYTES) {
      const start = Math.max(low, end - STEP_BYTES)
      const found = this.read(start, end - start).lastIndexOf(NEWLINE)
      if (found >= 0) return start + found + 1
    }
    return undefined
  }

  hold(): this {
    this.#holders += 1
    return this
  }

  release(): void {
    this.#holders -= 1
    if (this.#holders > 0) return
    closeSync(this.fd)
    this.packed?.release()
  }

  /** Of the file that has a name. */
  get #named(): BigIntStats {
    return this.packed ? this.packed.#stat : this.#stat
  }
}

function regular(stat: BigIntStats, path: string): BigIntStats {
  if (stat.isFile()) return stat
  throw Object.assign(new Error(`${path} is not a regular file`), { code: 'NOT_A_FILE' })
}
