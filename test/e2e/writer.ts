import { closeSync, existsSync, openSync, renameSync, writeSync } from 'node:fs'
import { lines } from './events.ts'

/** Writes numbered alerts into a file as Suricata does, and rotates it by renaming as logrotate does. */
export class Writer {
  /** The next alert's number: how many were written. */
  next = 0
  readonly #path: string
  #fd: number

  constructor(path: string) {
    this.#path = path
    this.#fd = openSync(path, 'a')
  }

  write(alerts: number): void {
    writeSync(this.#fd, lines(this.next, this.next + alerts))
    this.next += alerts
  }

  /** The tool still has the old file, and writes `late` alerts to it, until it opens the new one. */
  rotate(late = 0): void {
    let last = 1
    while (existsSync(`${this.#path}.${last}`)) last++
    for (let count = last; count > 1; count--)
      renameSync(`${this.#path}.${count - 1}`, `${this.#path}.${count}`)
    renameSync(this.#path, `${this.#path}.1`)
    this.write(late)
    const old = this.#fd
    this.#fd = openSync(this.#path, 'a')
    this.write(late)
    writeSync(old, lines(this.next, this.next + late))
    this.next += late
    closeSync(old)
  }

  /** Somebody else has moved the file away. */
  reopen(): void {
    closeSync(this.#fd)
    this.#fd = openSync(this.#path, 'a')
  }

  close(): void {
    closeSync(this.#fd)
  }
}
