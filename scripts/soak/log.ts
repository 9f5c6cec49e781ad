import { execFileSync } from 'node:child_process'
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { lines } from '../../test/e2e/events.ts'

/** Rotated files that stay, whatever became of them. */
const KEPT = 8

interface Rotated {
  /** The next alert's number when it was rotated. */
  end: number
  packed: boolean
}

/** A log that a tool writes numbered alerts to, and that is rotated in the ways logrotate knows. */
export class GrowingLog {
  /** The next alert's number: how many were begun. */
  next = 0
  readonly #path: string
  readonly #random: () => number
  #fd: number
  /** The rest of what is being written: tools write in pieces. */
  #rest = Buffer.alloc(0)
  /** Newest first: `.1`, `.2` … */
  readonly #rotated: Rotated[] = []

  constructor(path: string, random: () => number) {
    this.#path = path
    this.#random = random
    this.#fd = openSync(path, 'a')
  }

  /** Writes the rest of last time and the alerts, but for the last bytes, so that lines are seen in pieces. */
  write(alerts: number): void {
    const bytes = Buffer.concat([this.#rest, Buffer.from(lines(this.next, this.next + alerts))])
    this.next += alerts
    const length = bytes.length - Math.floor(this.#random() * Math.min(bytes.length, 3000))
    writeSync(this.#fd, bytes, 0, length)
    this.#rest = bytes.subarray(length)
  }

  /** What was begun is written to its end. */
  finish(): void {
    writeSync(this.#fd, this.#rest)
    this.#rest = Buffer.alloc(0)
  }

  /** The tool writes `late` alerts to the old file before it opens the new one. */
  rename(late: number): void {
    this.#shift()
    renameSync(this.#path, `${this.#path}.1`)
    this.write(late)
    this.finish()
    this.#add()
    closeSync(this.#fd)
    this.#fd = openSync(this.#path, 'a')
  }

  /** Nothing is written between the copying and the truncation: that would be lost for everybody. */
  copyTruncate(): void {
    this.finish()
    this.#shift()
    copyFileSync(this.#path, `${this.#path}.1`)
    truncateSync(this.#path)
    this.#add()
  }

  /** Compresses the newest rotated file that is not yet, from number `from` on. */
  compress(from: number): void {
    const index = this.#rotated.findIndex(({ packed }, index) => index + 1 >= from && !packed)
    const rotated = this.#rotated[index]
    if (!rotated) return
    execFileSync('gzip', [`${this.#path}.${index + 1}`])
    rotated.packed = true
  }

  /** Removes the oldest files of which everything was received. */
  prune(contiguous: number): void {
    for (let last = this.#rotated.at(-1); last; last = this.#rotated.at(-1)) {
      if (this.#rotated.length <= KEPT || last.end > contiguous) return
      rmSync(this.#name(this.#rotated.length, last.packed))
      this.#rotated.pop()
    }
  }

  close(): void {
    closeSync(this.#fd)
  }

  #add(): void {
    this.#rotated.unshift({ end: this.next, packed: false })
  }

  #shift(): void {
    for (let number = this.#rotated.length; number > 0; number--) {
      const packed = this.#rotated[number - 1]?.packed ?? false
      const name = this.#name(number, packed)
      if (existsSync(name)) renameSync(name, this.#name(number + 1, packed))
    }
  }

  #name(number: number, packed: boolean): string {
    return `${this.#path}.${number}${packed ? '.gz' : ''}`
  }
}
