import {
  appendFileSync,
  copyFileSync,
  renameSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
} from 'node:fs'

/** What the bytes of one file hold: the numbers of its whole events. */
interface Body {
  events: number[]
  /** The running reader has looked at it, and so has it open. */
  isOpen: boolean
  /** At the last look there was nothing in it, or what was in it has been cut off since: a copy of it cannot be told from any other file. */
  isBlank: boolean
}

/** Two changes within one tick of the kernel's clock would look like one. */
const STEP_SECONDS = 0.01

const emptied = (): Body => ({ events: [], isOpen: false, isBlank: false })

/** The text of an event. Its first twelve bytes are no other event's: of less than that no reader could tell files apart. */
export const event = (number: number): string =>
  `{"n":${String(number).padStart(6, '0')},"timestamp":"2024-01-01T00:00:00.000000"}`

/**
 * A log as its tool and a rotator leave it on disk, and the pure model beside it: which events are where, and which
 * of them nobody can read any more. Rotated ones are `<path>.1`, `.2`, … and stay.
 */
export class Log {
  /** Events begun so far: the next one's number. */
  next = 0
  /** Events that were destroyed before anyone could read them, or that the tool itself wrote in two halves into two files. */
  readonly gone = new Set<number>()
  readonly #path: string
  readonly #received: (number: number) => boolean
  #current: Body | undefined
  /** `.1` first. */
  #rotated: Body[] = []
  /** Without a name; the running reader has them open. */
  #removed: Body[] = []
  /** The event that is half written: what is missing of it. */
  #half: { number: number; rest: string } | undefined
  #clock = Date.now() / 1000
  #isUp = false
  #wasRead = false
  /** There was no file when last looked. */
  #isGap = true

  constructor(path: string, received: (number: number) => boolean) {
    this.#path = path
    this.#received = received
    this.recreate()
  }

  append(count: number): void {
    if (!this.#current) return
    this.#finish(this.#path, this.#current)
    let text = ''
    for (let i = 0; i < count; i++) {
      this.#current.events.push(this.next)
      text += `${event(this.next++)}\n`
    }
    this.#write(this.#path, text)
  }

  appendPartial(bytes: number): void {
    if (!this.#current) return
    this.#finish(this.#path, this.#current)
    const text = `${event(this.next)}\n`
    this.#write(this.#path, text.slice(0, bytes))
    this.#half = { number: this.next++, rest: text.slice(bytes) }
  }

  /** By renaming; the tool finishes what it was writing, and writes `late` events more, before it opens the new file. */
  rotate(late: number): void {
    if (!this.#current) return
    this.#shift()
    renameSync(this.#path, `${this.#path}.1`)
    this.#rotated.unshift(this.#current)
    this.#finish(`${this.#path}.1`, this.#current)
    for (let i = 0; i < late; i++) {
      this.#current.events.push(this.next)
      this.#write(`${this.#path}.1`, `${event(this.next++)}\n`)
    }
    // Made and rotated between two looks, and nothing there before it: such files count as the past.
    if (this.#isGap) this.#destroy(this.#current)
    this.#current = undefined
    this.recreate()
  }

  copytruncate(): void {
    if (!this.#current) return
    this.#shift()
    copyFileSync(this.#path, `${this.#path}.1`)
    this.#stamp(`${this.#path}.1`)
    this.#rotated.unshift({ ...emptied(), events: [...this.#current.events] })
    // Nobody saw what it begins with: of two that come between two looks it is the second, say.
    if (this.#current.isBlank || this.#isGap) this.#destroy(this.#current)
    this.#cut(this.#current)
  }

  truncate(): void {
    if (!this.#current) return
    this.#destroy(this.#current)
    this.#cut(this.#current)
  }

  delete(): void {
    if (!this.#current) return
    unlinkSync(this.#path)
    if (this.#half) this.gone.add(this.#half.number)
    this.#half = undefined
    if (this.#isUp && this.#current.isOpen) this.#removed.push(this.#current)
    else this.#destroy(this.#current)
    this.#isGap = true
    this.#current = undefined
  }

  recreate(): void {
    if (this.#current) return
    this.#write(this.#path, '')
    this.#current = emptied()
  }

  /** The reader runs, or no longer does: then nothing that has no name can be read. */
  set isUp(isUp: boolean) {
    this.#isUp = isUp
    for (const body of this.#removed.splice(0)) this.#destroy(body)
    if (this.#current) Object.assign(this.#current, { isOpen: false, isBlank: false })
  }

  /** The reader looked at everything. */
  looked(): void {
    // What was rotated before the path was ever followed belongs to the past.
    if (!this.#wasRead) for (const body of this.#rotated) this.#destroy(body)
    this.#wasRead = true
    if (!this.#current) return
    Object.assign(this.#current, { isOpen: true, isBlank: this.#isUp && statSync(this.#path).size === 0 })
    this.#isGap = false
  }

  #finish(path: string, body: Body): void {
    if (!this.#half) return
    this.#write(path, this.#half.rest)
    if (!this.gone.has(this.#half.number)) body.events.push(this.#half.number)
    this.#half = undefined
  }

  #shift(): void {
    for (let count = this.#rotated.length; count >= 1; count--)
      renameSync(`${this.#path}.${count}`, `${this.#path}.${count + 1}`)
  }

  #cut(body: Body): void {
    truncateSync(this.#path)
    this.#stamp(this.#path)
    body.events = []
    body.isBlank = this.#isUp && body.isOpen
    if (this.#half) this.gone.add(this.#half.number)
  }

  #write(path: string, text: string): void {
    appendFileSync(path, text)
    this.#stamp(path)
  }

  #stamp(path: string): void {
    this.#clock += STEP_SECONDS
    utimesSync(path, this.#clock, this.#clock)
  }

  #destroy(body: Body): void {
    for (const number of body.events) if (!this.#received(number)) this.gone.add(number)
  }
}
